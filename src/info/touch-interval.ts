import { checkSeconds, wrong } from '../base/option-checks.js';
import { LONGEST_TOUCH_INTERVAL } from '../base/time.js';

/** The default, in seconds, if a refresh costs a call of the store or a cookie. */
const LONG_INTERVAL = 60;

/**
 * Checks the option `touchInterval`, and returns it or its default, in seconds. A
 * cookie with a `Max-Age` is refreshed together with the session.
 *
 * @throws {TypeError} that names the option, its value and what is allowed
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
