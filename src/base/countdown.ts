import { SessionStoreError } from './errors.js';
import type { Patience } from './store.js';

/** Returns the seconds for which a caller still waits: 0 or less when it has given up, Infinity if it never does. */
export type Countdown = () => number;

/** Starts counting the time of a caller, at the beginning of its call. */
export function countdown({ patience = Infinity, patienceLeft }: Patience): Countdown {

  if (patienceLeft) return patienceLeft;
  const until = performance.now() + patience * 1000;
  return () => (until - performance.now()) / 1000;

}

/**
 * Returns the patience of a command that another store executes.
 *
 * @throws {SessionStoreError} when no time is left: the command must not be executed any more
 */
export function restOf(left: Countdown): number | undefined {

  const seconds = left();
  if (seconds <= 0) throw new SessionStoreError('The session store was too slow: its caller has given up');
  return seconds === Infinity ? undefined : seconds;

}
