import { checkSeconds } from '../../base/option-checks.js';
import { LONGEST_EXPIRY } from '../../base/time.js';

/** A clock that a test moves: {@link testClock}. */
export interface TestClock {

  /**
   * Moves all clocks of this process on, as if it had stood still for so long.
   *
   * @param seconds from 0 to ten years
   * @throws {TypeError} for another number
   * @throws {Error} if the clock was restored, or other fake timers have replaced it
   */
  advance(seconds: number): void;

  /**
   * Gives the process its clocks back. A second call does nothing.
   *
   * @throws {Error} if other fake timers have replaced the clock and must be restored first
   */
  restore(): void;

  /** Calls `restore()`, for `using clock = testClock()`. */
  [Symbol.dispose](): void;

}

/** Marks the `Date.now` of a test clock with the place where it was made. */
const MADE_AT = Symbol.for('@curveball/session test clock');

// The first versions of Node.js 20 lack it.
const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol('dispose');

/**
 * Lets a test move the time that this process sees: `Date`, `Date.now()` and
 * `performance.now()`, so that idle and absolute lifetimes, renewal, grace and the
 * cookies of visitors all follow one clock. Time also goes on by itself, and timers
 * are the system's: nothing waits for the test. It works with any test runner, also
 * beside its fake timers if those are set up before and removed after.
 *
 * It does not move the clocks of database servers and of SQLite. Call `restore()` when
 * the test is over. What was stored on the moved clock does not suit the old one: make
 * the application anew for each clock.
 *
 * @throws {Error} if there is such a clock already
 */
export function testClock(): TestClock {

  const before = (Date.now as { [MADE_AT]?: string })[MADE_AT];
  if (before !== undefined) {
    throw new Error(`There is a test clock already, made ${before}: call its restore() before testClock(), and do not move time in tests that run at once`);
  }
  const real = { Date: globalThis.Date, dateNow: Date.now, performanceNow: performance.now };
  let moved = 0;
  const now = Object.assign(() => real.dateNow.call(real.Date) + moved, { [MADE_AT]: callerOf(testClock) });
  const passed = () => real.performanceNow.call(performance) + moved;
  const OurDate: DateConstructor = new Proxy(real.Date, {
    construct: (target, given, newTarget) => (
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget === OurDate ? target : newTarget)
    ),
    apply: target => new target(now()).toString(),
  });
  const replaced = [
    replace(real.Date, 'now', now),
    replace(performance, 'now', passed),
    replace(globalThis, 'Date', OurDate),
  ];

  let isOver = false;
  const checkOurs = (what: string) => {
    if (replaced.some(each => !each.isInPlace())) {
      throw new Error(`${what}() found another clock in the place of the test clock: set up the fake timers of a test runner before testClock(), and remove them after restore()`);
    }
  };
  const restore = () => {
    if (isOver) return;
    checkOurs('restore');
    for (const each of replaced) each.undo();
    isOver = true;
  };
  return {
    advance(seconds) {
      checkSeconds('seconds', seconds, 0, LONGEST_EXPIRY);
      if (isOver) throw new Error('advance() was called after restore()');
      checkOurs('advance');
      moved += seconds * 1000;
    },
    restore,
    [dispose]: restore,
  };

}

/** Replaces a member that may be inherited. */
function replace(target: object, name: string, value: unknown) {

  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value, writable: true, enumerable: before?.enumerable ?? false, configurable: true });
  return {
    isInPlace: () => Reflect.get(target, name) === value,
    undo() {
      if (before) Object.defineProperty(target, name, before);
      else Reflect.deleteProperty(target, name);
    },
  };

}

/** The line of a stack that called a function, such as `at file:///tests/account.test.js:12:17`. */
function callerOf(callee: () => unknown): string {

  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, callee);
  Error.stackTraceLimit = stackTraceLimit;
  return place.stack?.split('\n').at(-1)?.trim() ?? 'elsewhere';

}
