/** The most sessions for which this is remembered. */
const MOST = 10_000;

/**
 * When this process last served a session of a user without telling the store,
 * since no touch was due. Where one of the user's sessions has to go, it is not to
 * be one that was used a moment ago. Other processes know of uses of their own.
 * It serves for other names that have a time, too.
 */
export class RecentUses {

  readonly #times = new Map<string, number>();
  readonly #most: number;

  constructor(most = MOST) {
    this.#most = most;
  }

  /** @param now Unix timestamp in seconds */
  note(handle: string, now: number): void {

    // Last in the map, so that it begins with the one that was used longest ago.
    this.#times.delete(handle);
    this.#times.set(handle, now);
    if (this.#times.size > this.#most) this.#times.delete(this.#times.keys().next().value as string);

  }

  /**
   * Seconds since the session was last used.
   *
   * @param stored what the store says
   */
  idle(handle: string, stored: number, now: number): number {

    const time = this.#times.get(handle);
    return time === undefined ? stored : Math.min(stored, Math.max(0, now - time));

  }

}
