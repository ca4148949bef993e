import { flatCopy } from '../base/flat-copy.js';

/** The largest number of sessions that are remembered. */
const MOST = 10_000;

/**
 * Remembers when this process last served a user's session without a touch, which
 * was not due. When one of the user's sessions has to end, this keeps it from being
 * one that was used a moment ago. Each process knows only its own uses. Any name
 * that has a time can be remembered.
 */
export class RecentTimes {

  readonly #times = new Map<string, number>();
  readonly #most: number;

  constructor(most = MOST) {
    this.#most = most;
  }

  /**
   * Records a use.
   *
   * @param now Unix timestamp in seconds
   */
  note(handle: string, now: number): void {

    // Moved to the end of the map, which so begins with the one that was used longest ago.
    this.#times.delete(handle);
    this.#times.set(flatCopy(handle), now);
    if (this.#times.size > this.#most) this.#times.delete(this.#times.keys().next().value as string);

  }

  /**
   * Returns the seconds since the session was last used.
   *
   * @param stored the seconds that the store counts
   * @param now Unix timestamp in seconds
   */
  idle(handle: string, stored: number, now: number): number {

    const time = this.#times.get(handle);
    return time === undefined ? stored : Math.min(stored, Math.max(0, now - time));

  }

}
