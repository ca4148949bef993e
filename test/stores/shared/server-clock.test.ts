import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { ServerClock } from '../../../src/stores/shared/server-clock.js';

describe('A server\'s clock', () => {

  /** What this process's own clock says. */
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

  it('is not known before an answer, and no longer than a minute after the last', t => {

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

  it('believes the answers that were fastest, however late others come', t => {

    const { clock, pass, restore } = clockAt();
    t.after(restore);
    clock.observe(1_000_000, 5000);
    pass(1000);
    // Written at 1,000,200, and then 800 ms on its way.
    clock.observe(1_000_200, 5000);
    strictEqual(clock.now(), 1_000_999);
    // Written at once, and read when a process had stood still for an hour.
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

  it('has shown what it showed before it was set, to whoever was there then', t => {

    const { clock, pass, restore } = clockAt();
    t.after(restore);
    ok(clock.canHaveShown(0, 0) && clock.canHaveShown(1e15, 0), 'nothing is known');
    clock.observe(1_000_000, 5000, 0);
    pass(1000);
    clock.observe(801_000, 6000, 0);
    // What may have drifted apart in the second between them is added.
    const shown = (...times: number[]) => times.map(time => clock.canHaveShown(time, 5500));
    deepStrictEqual(shown(800_498, 800_502, 800_998, 801_002), [false, true, true, false]);
    deepStrictEqual(shown(1_000_498, 1_000_502, 1_000_998, 1_001_002), [false, true, true, false]);
    pass(1000);
    clock.observe(802_000, 7000, 0);
    deepStrictEqual([801_498, 801_502, 801_998, 802_002, 1_000_998].map(time => clock.canHaveShown(time, 6500)), [false, true, true, false, false]);
    // However often that happens.
    for (let count = 0; count < 100; count++) clock.observe(count % 2 ? 1_000_000 : 500_000, 7000, 0);
    ok(clock.canHaveShown(500_000, 6500) && clock.canHaveShown(1_000_000, 6500));

  });

  it('makes deadlines, which never come where nothing is known or nobody gives up', t => {

    const { clock, restore } = clockAt();
    t.after(restore);
    strictEqual(clock.deadline(() => 3), Number.MAX_SAFE_INTEGER);
    clock.observe(1_000_000, 5000);
    strictEqual(clock.deadline(() => 3), 1_003_000);
    strictEqual(clock.deadline(() => 0.25), 1_000_250);
    strictEqual(clock.deadline(() => Infinity), Number.MAX_SAFE_INTEGER);

  });

});
