import { deepEqual, doesNotThrow, equal, match, ok, throws } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { performance as imported } from 'node:perf_hooks';
import { testClock } from '../../../src/testing/index.js';

const HOUR = 3600;

describe('A test clock', () => {

  it('moves all clocks of the process by the same time, and restores them', () => {

    const before = { Date, now: Date.now, performanceNow: performance.now, own: Object.getOwnPropertyNames(performance) };
    const [date, monotonic] = [Date.now(), performance.now()];
    const clock = testClock();
    clock.advance(HOUR);
    const made = new Date();
    for (const moved of [Date.now() - date, made.getTime() - date, Date.parse(Date()) - date + 1000, performance.now() - monotonic, imported.now() - monotonic]) {
      ok(moved >= 3_600_000 && moved < 3_620_000, String(moved));
    }
    clock.advance(0.5);
    ok(Date.now() - date >= 3_600_500);
    clock.restore();
    ok(Date.now() - date < 20_000 && performance.now() - monotonic < 20_000);
    deepEqual({ Date, now: Date.now, performanceNow: performance.now, own: Object.getOwnPropertyNames(performance) }, before);

  });

  it('leaves dates what they are', () => {

    const RealDate = Date;
    const clock = testClock();
    try {
      clock.advance(HOUR);
      const given = new Date(2026, 0, 31, 12);
      ok(given instanceof Date && given instanceof RealDate && new RealDate(0) instanceof Date);
      deepEqual([given.getFullYear(), given.getMonth(), given.getDate(), given.getHours()], [2026, 0, 31, 12]);
      equal(new Date(0).toISOString(), '1970-01-01T00:00:00.000Z');
      equal(Date.UTC(1970, 0, 2), 86_400_000);
      equal(structuredClone(given).getTime(), given.getTime());
      class Later extends Date {}
      ok(new Later() instanceof Later);
      ok(Math.abs(new Later().getTime() - Date.now()) < 10_000);
      match(Date(), /GMT/);
    } finally {
      clock.restore();
    }

  });

  it('goes on by itself, and leaves timers alone', async () => {

    const clock = testClock();
    try {
      const start = performance.now();
      await new Promise(resolve => setTimeout(resolve, 2));
      ok(performance.now() > start);
    } finally {
      clock.restore();
    }

  });

  it('is restored by `using`, once only', () => {

    const clock = testClock();
    clock[Symbol.dispose]();
    clock.restore();
    throws(() => clock.advance(1), { message: 'advance() was called after restore()' });
    doesNotThrow(() => testClock().restore());

  });

  it('is the only one: a second says where the first was made', () => {

    const clock = testClock();
    try {
      throws(() => testClock(), (error: Error) => {
        match(error.message, /^There is a test clock already, made at .*test-clock\.test\.[jt]s:\d+:\d+.*: call its restore\(\)/);
        return true;
      });
    } finally {
      clock.restore();
    }

  });

  it('refuses other than seconds', () => {

    const clock = testClock();
    try {
      for (const seconds of [-1, NaN, Infinity, '5', undefined, 1e10]) {
        throws(() => clock.advance(seconds as number), /^TypeError: seconds is .*: it must be a number of seconds from 0 to/);
      }
    } finally {
      clock.restore();
    }

  });

  it('stands on the fake timers of a runner, and says so if they are put on top of it', () => {

    mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_000_000 });
    const below = testClock();
    below.advance(10);
    equal(Date.now(), 1_010_000);
    mock.timers.tick(500);
    const made = new Date();
    equal(made.getTime(), 1_010_500);
    below.restore();
    equal(Date.now(), 1_000_500);
    mock.timers.reset();

    const clock = testClock();
    mock.timers.enable({ apis: ['Date'] });
    throws(() => clock.advance(10), /^Error: advance\(\) found another clock in the place of the test clock/);
    throws(() => clock.restore(), /^Error: restore\(\) found another clock/);
    mock.timers.reset();
    doesNotThrow(() => clock.advance(10));
    clock.restore();

  });

});
