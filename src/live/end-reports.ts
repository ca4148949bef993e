import type { AtomicSessionStore, EndWatch, SessionWatch } from '../base/store.js';

/** Reports of a store's changes or ends, while anyone waits for them. */
export class EndReports {

  readonly #store: AtomicSessionStore;
  readonly #report: (handle: string | null) => void;
  #watch: SessionWatch | EndWatch | null | undefined;
  #isAsking = false;

  /** @param report is given the handle of a session that may have ended; null if any may have */
  constructor(store: AtomicSessionStore, report: (handle: string | null) => void) {

    this.#store = store;
    this.#report = report;

  }

  start(): void {

    this.#watch ??= this.#store.watchEnds?.(this.#report) ?? this.#store.watch?.(this.#report) ?? null;

  }

  stop(): void {

    // Reports of all changes can't be stopped, and are kept for the next time.
    if (!this.#watch || !('stop' in this.#watch)) return;
    this.#watch.stop();
    this.#watch = undefined;

  }

  /** Returns whether all ends until now have been reported: false without reports, and while the question before is not answered. */
  async areComplete(): Promise<boolean> {

    if (!this.#watch || this.#isAsking) return false;
    this.#isAsking = true;
    try {
      await this.#watch.confirm();
      return true;
    } catch {
      return false;
    } finally {
      this.#isAsking = false;
    }

  }

}
