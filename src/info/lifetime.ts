import type { Info } from './session-details.js';
import { checkSeconds, wrong } from '../base/option-checks.js';

/** Ten years. A larger number is most likely meant as milliseconds. */
export const LONGEST_EXPIRY = 10 * 365 * 86_400;

export const LONGEST_TOUCH_INTERVAL = 86_400;

/** Seconds between refreshes that cost something. */
const LONG_INTERVAL = 60;

/** For a store whose clock is being set. */
const MINUTE = 60;

/** Whether so many seconds can be what is left of a session's life: what options allow at most, or less. */
export function isLife(remaining: number): boolean {

  return remaining <= LONGEST_EXPIRY + LONGEST_TOUCH_INTERVAL + MINUTE;

}

/** The options that say how long a session lives. */
export interface LifetimeSettings {
  readonly expiry: number;
  readonly touchInterval: number;
  readonly anonymousExpiry?: number | undefined;
}

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

/** How many seconds a session may be left alone. */
export function idleExpiry({ expiry, anonymousExpiry }: LifetimeSettings, info: Info | undefined): number {

  return info?.details.expiry ?? (info?.user == null ? anonymousExpiry ?? expiry : expiry);

}

/**
 * How long a session lives from now on, if no one uses it, in seconds: never
 * beyond its deadline (OWASP ASVS 5.0, 7.3.2).
 *
 * @param now Unix timestamp in seconds
 */
export function lifetime(
  settings: LifetimeSettings, info: Info | undefined, now: number, touchInterval = settings.touchInterval,
): number {

  const idle = idleExpiry(settings, info) + touchInterval;
  const endsAt = info?.details.endsAt;
  return endsAt === undefined ? idle : Math.max(0, Math.min(idle, endsAt - now));

}
