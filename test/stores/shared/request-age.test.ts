import { ok, strictEqual } from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { isRevokedSince, requestBegan } from '../../../src/stores/shared/request-age.js';
import { ServerClock } from '../../../src/stores/shared/server-clock.js';

const info = { user: 'ada', details: '' };

describe('The time when a request began', () => {

  it('is its age before the call', () => {

    strictEqual(requestBegan(undefined), undefined);
    strictEqual(requestBegan({ info }), undefined);
    const before = performance.now();
    const began = requestBegan({ info, requestAge: 2 }) as number;
    ok(began >= before - 2000 && began <= performance.now() - 2000);

  });

  it('is the same in a later call, and never too late', t => {

    const start = 1000;
    let now = 1500;
    t.mock.method(performance, 'now', () => now);
    const newInfo = {
      info,
      get requestAge() {
        now += 1;
        const age = (now - start) / 1000;
        now += 1;
        return age;
      },
    };
    for (const later of [0, 5]) {
      now += later;
      const began = requestBegan(newInfo) as number;
      ok(began <= start && began > start - 5, String(began));
    }

  });

});

describe('A revocation', () => {

  const HOUR = 3_600_000;

  /** A server, and processes that know its clock only from its answers. */
  function world(t: TestContext) {

    let here = 5000;
    let ahead = 1_000_000;
    const marks = new Map<string, number>();
    t.mock.method(performance, 'now', () => here);
    return {
      now: () => here,
      pass: (milliseconds: number) => {
        here += milliseconds;
      },
      /** Sets the server's clock forward or back. */
      set: (milliseconds: number) => {
        ahead += milliseconds;
      },
      revoke: (name = 'ada') => void marks.set(name, here + ahead),
      process: () => {
        const clock = new ServerClock();
        let asked = 0;
        /** @param slow how long the question takes, and the answer */
        const ask = (slow = 0) => {
          asked++;
          const askedAt = here;
          here += slow;
          const reported = here + ahead;
          here += slow;
          clock.observe(reported, askedAt, 0);
        };
        return {
          ask,
          asked: () => asked,
          refuses: (began: number, slow = () => 0) => isRevokedSince(began, clock, async () => {
            ask(slow());
            return [...marks.values()];
          }),
        };
      },
    };

  }

  it('refuses a request that began before it, and none that began after it', async t => {

    const { process, pass, now, revoke } = world(t);
    const one = process();
    strictEqual(await one.refuses(now()), false);
    const before = now();
    pass(10);
    revoke();
    pass(10);
    strictEqual(await one.refuses(before), true);
    strictEqual(await one.refuses(now()), false);

  });

  for (const [how, leap] of [['back', -HOUR], ['ahead', HOUR], ['back a little', -5]] as const) {

    it(`refuses the same when the server's clock is set ${how}`, async t => {

      const { process, set, pass, now, revoke } = world(t);
      const [watching, quiet] = [process(), process()];
      for (const each of [watching, quiet]) each.ask();
      pass(1000);
      const before = now();
      pass(10);
      revoke();
      pass(10);
      set(leap);
      pass(10);
      watching.ask();
      pass(10);
      const after = now();
      for (const each of [watching, quiet]) {
        strictEqual(await each.refuses(before), true);
        strictEqual(await each.refuses(after), false);
      }

    });

  }

  it('refuses no request in a process that knows the clock only after it was set', async t => {

    const { process, set, pass, now, revoke } = world(t);
    revoke();
    set(-HOUR);
    pass(10);
    strictEqual(await process().refuses(now()), false);

  });

  for (const [how, leap] of [['back', -HOUR], ['ahead', HOUR]] as const) {

    it(`refuses no request that began after it, even if a process learns by that request that the clock was set ${how}`, async t => {

      const { process, set, pass, now, revoke } = world(t);
      const quiet = process();
      quiet.ask();
      pass(1000);
      revoke();
      pass(10);
      set(leap);
      pass(10);
      strictEqual(await quiet.refuses(now()), false);

    });

  }

  it('counts even if another one is in the future', async t => {

    const { process, set, pass, now, revoke } = world(t);
    const one = process();
    revoke('ada');
    set(-HOUR);
    one.ask();
    pass(10);
    const began = now();
    pass(10);
    revoke('everyone');
    strictEqual(await one.refuses(began), true);
    pass(10);
    strictEqual(await one.refuses(now()), false);

  });

  it('is read again while slow answers leave open which came first', async t => {

    const { process, pass, now, revoke } = world(t);
    revoke();
    pass(20);
    const began = now();
    const [one, other] = [process(), process()];
    const slow = [25, 25];
    strictEqual(await one.refuses(began, () => slow.shift() ?? 0), false);
    strictEqual(one.asked(), 3);
    strictEqual(await other.refuses(began, () => 25), true);
    strictEqual(other.asked(), 4);

  });

  it('is never missed, at whatever time the server reads it', async t => {

    for (const slow of [0, 2, 20]) {
      const { process, pass, now, revoke } = world(t);
      const began = now();
      pass(0.1);
      revoke();
      strictEqual(await process().refuses(began, () => slow), true);
      t.mock.restoreAll();
    }

  });

});
