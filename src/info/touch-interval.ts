import { checkSeconds, wrong } from '../base/option-checks.js';
import { LONGEST_TOUCH_INTERVAL } from '../base/time.js';

/** Seconds between refreshes that cost something. */
const LONG_INTERVAL = 60;

/**
 * The option `touchInterval`, or its default. With a cookie that has a `Max-Age`,
 * session and cookie are refreshed together.
 *
 * @throws {TypeError} for a wrong one
 */
export function checkedTouchInterval(given: number | undefined, store: { readonly touchIsFree?: boolean }, maxAge?: number): number {

  const usual = maxAge !== undefined ? Math.min(LONG_INTERVAL, Math.floor(maxAge / 3)) : store.touchIsFree ? 0 : LONG_INTERVAL;
  const interval = given === undefined ? usual : given;
  checkSeconds('touchInterval', interval, 0, LONGEST_TOUCH_INTERVAL);
  if (maxAge !== undefined && interval > maxAge) {
    throw wrong('touchInterval', interval, `must be at most cookieOptions.maxAge, ${maxAge}: a cookie is extended once in each interval`);
  }
  return interval;

}
