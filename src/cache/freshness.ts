import type { SessionWatch } from '../base/store.js';

/** The longest that a copy is used without reading it again, in milliseconds, in case a report was lost. */
const LONGEST = 60_000;

/**
 * Knows how old a copy may be. Times are in milliseconds of `performance.now()`.
 *
 * A copy is used until it is `maxAge` old. If the store reports changes, it is asked
 * from time to time whether all reports have arrived. That confirms every copy there
 * is: one that has no report was right at the moment of the question.
 */
export class Freshness {

  readonly #maxAge: number;
  readonly #watch: SessionWatch | null;
  #confirmedAt = -Infinity;
  #isAsking = false;
  #losses = 0;

  constructor(maxAge: number, watch: SessionWatch | null = null) {
    this.#maxAge = maxAge;
    this.#watch = watch;
  }

  isFresh(loadedAt: number, now: number): boolean {

    if (this.#watch && !this.#isAsking && now - this.#confirmedAt > this.#maxAge / 2) this.#ask(this.#watch, now);
    const latest = now - this.#maxAge;
    return loadedAt > latest || (this.#confirmedAt > latest && loadedAt > now - LONGEST);

  }

  /** Takes back all confirmations, since reports may have been lost. */
  lose(): void {

    this.#confirmedAt = -Infinity;
    this.#losses++;

  }

  async #ask(watch: SessionWatch, now: number): Promise<void> {

    this.#isAsking = true;
    const losses = this.#losses;
    try {
      await watch.confirm();
      if (losses === this.#losses) this.#confirmedAt = now;
    } catch {
      // The copies that there are grow older.
    } finally {
      this.#isAsking = false;
    }

  }

}
