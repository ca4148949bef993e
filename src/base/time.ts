/** Ten years, in seconds. A larger number is most likely meant as milliseconds. */
export const LONGEST_EXPIRY = 10 * 365 * 86_400;

/** A day, in seconds. */
export const LONGEST_TOUCH_INTERVAL = 86_400;

/** From this number on, a Unix timestamp is most likely in milliseconds, not in seconds. */
export const NO_SECONDS = 1e11;

/** Added for the clock of a store that is set back, in seconds. */
const MINUTE = 60;

/** Returns the current Unix timestamp, in seconds. */
export function unixTime(): number {

  return Date.now() / 1000;

}

/** Says whether a session can have this many seconds left to live: no option allows more. */
export function isLife(remaining: number): boolean {

  return remaining <= LONGEST_EXPIRY + LONGEST_TOUCH_INTERVAL + MINUTE;

}
