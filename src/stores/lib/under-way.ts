import type { Becoming } from '../../store.js';

/*
 * Requests that were under way when the sessions of a user were ended. No two
 * clocks are compared: the age of the revocation is one duration, and how long
 * the request has taken another.
 */

/** How much faster than the server's clock this process's own may be while one of them is being corrected. */
const DRIFT = 1.001;

const MOST_TRIES = 4;

/**
 * When the request began that makes a session one of a user, as
 * `performance.now()` tells it; nothing where nobody has to know. To be asked
 * when the store is called: what its own work takes comes on top.
 */
export function requestBegan(becoming: Becoming | undefined): number | undefined {

  // Read first: what passes in between must not make the request younger.
  const now = performance.now();
  const underWay = becoming?.underWay;
  return underWay === undefined ? undefined : now - underWay * 1000;

}

/**
 * Says whether a revocation came after a request had begun. The server sees it
 * at some moment between question and answer. Where it depends on which, it is
 * asked again, and whoever can't be told from an earlier request is refused.
 *
 * @param began as `performance.now()` tells it
 * @param age asks how many milliseconds ago the revocation was; null for never
 */
export async function isRevokedSince(began: number, age: () => PromiseLike<number | null>): Promise<boolean> {

  for (let tries = 1; ; tries++) {
    const least = performance.now() - began;
    const ago = await age();
    if (ago === null || ago > (performance.now() - began) * DRIFT) return false;
    if (ago <= least || tries === MOST_TRIES) return true;
  }

}
