import { SessionStoreError } from '../base/errors.js';

/** Returns the seconds that are left, or nothing if the caller waits forever. */
export type Countdown = () => number | undefined;

/**
 * Returns the rest of the time for which a caller waits, at each call. It throws
 * when no time is left: a later command must not be carried out.
 */
export function countdown(seconds: number | undefined): Countdown {

  if (seconds === undefined) return () => undefined;
  const until = performance.now() + seconds * 1000;
  return () => {
    const left = (until - performance.now()) / 1000;
    if (left <= 0) throw new SessionStoreError('The session store was too slow: its caller has given up');
    return left;
  };

}
