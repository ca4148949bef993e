/** Ten years, in seconds. A larger number is most likely meant as milliseconds. */
export const LONGEST_EXPIRY = 10 * 365 * 86_400;

/** In seconds. */
export const LONGEST_TOUCH_INTERVAL = 86_400;

/** From here on, a number is no Unix timestamp in seconds, but most likely one in milliseconds. */
export const NO_SECONDS = 1e11;

/** For a store whose clock is being set. */
const MINUTE = 60;

/** The Unix timestamp, in seconds. */
export function unixTime(): number {

  return Date.now() / 1000;

}

/** Whether a session can have this many seconds left to live: no option allows more. */
export function isLife(remaining: number): boolean {

  return remaining <= LONGEST_EXPIRY + LONGEST_TOUCH_INTERVAL + MINUTE;

}
