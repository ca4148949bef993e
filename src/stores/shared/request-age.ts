import type { NewInfo } from '../../base/store.js';
import type { ServerClock } from './server-clock.js';

/*
 * Requests that were under way when the sessions of a user were ended. Ending
 * them leaves a mark with the time of the server's clock.
 */

/** The most reads of marks while a slow answer leaves open which came first. */
const MOST_TRIES = 4;

/**
 * The begin of a request that makes a session one of a user, by
 * `performance.now()`; undefined if it does not matter. Call this as soon as the
 * store is called: the time of the store's own work is added later.
 */
export function requestBegan(newInfo: NewInfo | undefined): number | undefined {

  // Read first: time that passes in between must not make the request younger.
  const now = performance.now();
  const requestAge = newInfo?.requestAge;
  return requestAge === undefined ? undefined : now - requestAge * 1000;

}

/**
 * Says whether sessions were ended while a request was under way: whether the
 * server's clock can have shown the time of a mark since the request began. A mark
 * from before the clock was set back is in the future, and refuses no request.
 *
 * @param began by `performance.now()`
 * @param clock the clock of the server that has the marks
 * @param read reads the times of all marks that concern the user, in Unix
 *   milliseconds, and lets the clock observe the time of that answer
 */
export async function isRevokedSince(began: number, clock: ServerClock, read: () => PromiseLike<readonly number[]>): Promise<boolean> {

  for (let tries = 1; ; tries++) {
    const marks = await read();
    if (!marks.some(time => clock.canHaveShown(time, began))) return false;
    if (tries === MOST_TRIES) return true;
  }

}
