import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { ServerClock } from '../../../src/stores/shared/server-clock.js';

describe('A server\'s clock', () => {

  /** A server's clock, and control of this process's own clock. */
  function clockAt(): { clock: ServerClock; pass(milliseconds: number): void; restore(): void } {

    let here = 5000;
    const { mock: mocked } = mock.method(performance, 'now', () => here);
    return {
      clock: new ServerClock(),
      restore: () => mocked.restore(),
      pass: milliseconds => {
        here += milliseconds;
      },
    };

  }

  it('is not known before the first answer, nor a minute after the last', t => {

    const { clock, pass, restore } = clockAt();
    t.after(restore);
    ok(!clock.isKnown);
    clock.observe(1_000_000, 5000);
    ok(clock.isKnown);
    strictEqual(clock.now(), 1_000_000);
    pass(59_999);
    strictEqual(clock.now(), 1_059_999);
    ok(clock.isKnown);
    pass(1);
    ok(!clock.isKnown);

  });

  it('relies on the fastest answers, however late others come', t => {

    const { clock, pass, restore } = clockAt();
    t.after(restore);
    clock.observe(1_000_000, 5000);
    pass(1000);
    // Written at 1,000,200, and received 800 ms later.
    clock.observe(1_000_200, 5000);
    strictEqual(clock.now(), 1_000_999);
    // Written at once, and read after the process was blocked for an hour.
    pass(3_600_000);
    clock.observe(1_001_001, 6000);
    ok(clock.now() >= 4_600_999 - 3601 && clock.now() <= 4_601_001, `${clock.now()}`);

  });

  it('follows a server whose clock was set', t => {

    const { clock, pass, restore } = clockAt();
    t.after(restore);
    clock.observe(1_000_000, 5000);
    clock.observe(880_000, 5000);
    strictEqual(clock.now(), 880_000);
    pass(100);
    clock.observe(2_000_000, 5050);
    strictEqual(clock.now(), 2_000_000);

  });

  it('can have shown the times from before it was set to requests of that time', t => {

    const { clock, pass, restore } = clockAt();
    t.after(restore);
    ok(clock.canHaveShown(0, 0) && clock.canHaveShown(1e15, 0), 'before the first answer');
    clock.observe(1_000_000, 5000, 0);
    pass(1000);
    clock.observe(801_000, 6000, 0);
    // The result allows for the drift of the clocks in the second between them.
    const shown = (...times: number[]) => times.map(time => clock.canHaveShown(time, 5500));
    deepStrictEqual(shown(800_498, 800_502, 800_998, 801_002), [false, true, true, false]);
    deepStrictEqual(shown(1_000_498, 1_000_502, 1_000_998, 1_001_002), [false, true, true, false]);
    pass(1000);
    clock.observe(802_000, 7000, 0);
    deepStrictEqual([801_498, 801_502, 801_998, 802_002, 1_000_998].map(time => clock.canHaveShown(time, 6500)), [false, true, true, false, false]);
    // The same after many changes of the clock.
    for (let count = 0; count < 100; count++) clock.observe(count % 2 ? 1_000_000 : 500_000, 7000, 0);
    ok(clock.canHaveShown(500_000, 6500) && clock.canHaveShown(1_000_000, 6500));

  });

  it('gives deadlines, which never come if its time is unknown or the caller never gives up', t => {

    const { clock, restore } = clockAt();
    t.after(restore);
    strictEqual(clock.deadline(() => 3), Number.MAX_SAFE_INTEGER);
    clock.observe(1_000_000, 5000);
    strictEqual(clock.deadline(() => 3), 1_003_000);
    strictEqual(clock.deadline(() => 0.25), 1_000_250);
    strictEqual(clock.deadline(() => Infinity), Number.MAX_SAFE_INTEGER);

  });

});
