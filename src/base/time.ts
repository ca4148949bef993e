/** Ten years, in seconds. A larger number is most likely meant as milliseconds. */
export const LONGEST_EXPIRY = 10 * 365 * 86_400;

/** A day, in seconds. */
export const LONGEST_TOUCH_INTERVAL = 86_400;

/** From this number on, a Unix timestamp is most likely in milliseconds, not in seconds. */
export const NO_SECONDS = 1e11;

/** The most seconds that a session can have left to live: what options allow, and a minute for a store whose clock is being set. */
export const LONGEST_LIFE = LONGEST_EXPIRY + LONGEST_TOUCH_INTERVAL + 60;

/** Returns the current Unix timestamp, in seconds. */
export function unixTime(): number {

  return Date.now() / 1000;

}
