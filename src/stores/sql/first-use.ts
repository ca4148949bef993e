/** Milliseconds after which a trial that does not end gets a second one beside it: its connection may be dead. */
const HANGS_AFTER = 1000;

/**
 * Something that is tried out before it is used for the first time, and never
 * again once that has succeeded. After a failure it is tried again by the next
 * use: the server may have been away.
 */
export class FirstUse {

  readonly #tryOut: () => Promise<void>;
  #isDone = false;
  #trial: Promise<void> | undefined;
  #triedAt = -Infinity;

  constructor(tryOut: () => Promise<void>) {
    this.#tryOut = tryOut;
  }

  /** The trial for which a use has to wait; undefined once one has succeeded. */
  trial(): Promise<void> | undefined {

    if (this.#isDone) return undefined;
    if (this.#trial && performance.now() - this.#triedAt < HANGS_AFTER) return this.#trial;
    const trial = this.#tryOut().then(() => {
      this.#isDone = true;
    }).finally(() => {
      if (this.#trial === trial) this.#trial = undefined;
    });
    this.#trial = trial;
    this.#triedAt = performance.now();
    return trial;

  }

}
