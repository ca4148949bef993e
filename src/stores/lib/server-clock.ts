/** What the answers of one server may lie apart, in milliseconds, before its clock is believed to have been set. */
const LEAP = 1000;

/** For so many milliseconds an observation is worth something. */
const LASTS = 60_000;

/**
 * A server's clock, as far as its answers tell: it counts on from the time in
 * the last one. It may be late by the time that an answer took, and never early,
 * so what is refused after a moment of it is refused after that moment.
 */
export class ServerClock {

  // What must be added to this process's own clock, which never goes back.
  #offset = 0;
  #observedAt = -Infinity;

  /** Takes the time from an answer that has just come: Unix time in milliseconds. */
  observe(serverTime: number): void {

    const here = performance.now();
    const offset = serverTime - here;
    // The fastest answer is the most exact.
    if (this.isKnown && offset < this.#offset && this.#offset - offset < LEAP) return;
    this.#offset = offset;
    this.#observedAt = here;

  }

  /** Whether the server has told its time lately. */
  get isKnown(): boolean {

    return performance.now() - this.#observedAt < LASTS;

  }

  /** Unix time in milliseconds; only while it is known. */
  now(): number {

    return Math.floor(performance.now() + this.#offset);

  }

  /**
   * The moment after which a caller who waits from now on has given up, in Unix
   * milliseconds; one that never comes where nobody gives up, or the server has
   * never told its time. An old time will do: what is refused by it is tried again.
   *
   * @param patience in seconds
   */
  deadline(patience = Infinity): number {

    const isNever = patience === Infinity || this.#observedAt === -Infinity;
    return isNever ? Number.MAX_SAFE_INTEGER : this.now() + Math.floor(patience * 1000);

  }

}
