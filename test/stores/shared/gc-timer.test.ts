import { strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GcTimer } from '../../../src/stores/shared/gc-timer.js';

describe('A clean-up timer', () => {

  it('runs until it is cancelled, and refuses anything but an interval', t => {

    t.mock.timers.enable({ apis: ['setTimeout'] });
    let runs = 0;
    const timer = new GcTimer(() => runs++);
    for (const interval of [0, -1, NaN, '10']) throws(() => timer.schedule(interval as number), /interval is .*: it must be a number of seconds above 0/);
    timer.schedule(10);
    t.mock.timers.tick(9999);
    strictEqual(runs, 0);
    t.mock.timers.tick(1);
    strictEqual(runs, 1);
    t.mock.timers.tick(10_000);
    strictEqual(runs, 2);
    timer.cancel();
    t.mock.timers.tick(100_000);
    strictEqual(runs, 2);

  });

});
