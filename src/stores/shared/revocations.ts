import type { NewInfo } from '../../base/store.js';
import { REVOKED_FOR } from './mark-lifetimes.js';

/** A process that pauses between two readings of its clock does so once, and not each time. */
const MOST_TRIES = 3;

/**
 * When users' sessions were ended in this process, so that a request which was
 * already under way can't create another one.
 */
export class Revocations {

  // In the order of time: the oldest come first.
  readonly #times = new Map<string, number>();
  #ofAll = -Infinity;
  readonly #now: () => number;

  /** @param now a clock in seconds that is never set back, and as fine as requests are short */
  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now;
  }

  add(user: string): void {

    const now = this.#now();
    for (const [old, time] of this.#times) {
      if (now - time < REVOKED_FOR / 1000) break;
      this.#times.delete(old);
    }
    this.#times.delete(user);
    this.#times.set(user, now);

  }

  addAll(): void {

    this.#times.clear();
    this.#ofAll = this.#now();

  }

  /** Says whether a request that makes a session one of a user began before sessions of that user were ended. */
  refuses(newInfo: NewInfo): boolean {

    const { user } = newInfo.info;
    if (user === null) return false;
    const last = Math.max(this.#ofAll, this.#times.get(user) ?? -Infinity);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const ago = this.#now() - last;
      // Read last: a pause in between makes the request too old, never too young.
      const { requestAge } = newInfo;
      if (requestAge === undefined || ago > requestAge) return false;
    }
    return true;

  }

}
