import { SessionStoreError } from '../errors.js';

/** The seconds that are left; none for a caller who waits forever. */
export type Countdown = () => number | undefined;

/**
 * What is left of the time for which a caller waits, whenever it is asked for.
 * It throws when nothing is: what comes later must not be carried out.
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
