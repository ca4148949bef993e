import type { Awaitable } from '../../base/store.js';

/** One member of a meeting. */
export interface Member {
  /** Resolves when all members have arrived or left. */
  arrive(): Promise<void>;
  /** Says that the others need not wait for this member any more. */
  leave(): void;
}

/** A point that all members must reach before they go on together. */
export class Meeting {

  readonly #begun: Promise<void>;
  #missing: number;
  #begin = () => {};

  /** @param prepare called once, when all have arrived and before they go on */
  constructor(members: number, prepare: () => Awaitable<void> = () => {}) {

    this.#missing = members;
    this.#begun = new Promise<void>(resolve => {
      this.#begin = resolve;
    }).then(prepare);
    // The members that wait for it report its failure.
    this.#begun.catch(() => {});

  }

  join(): Member {

    let isMissing = true;
    const leave = () => {
      if (isMissing && --this.#missing === 0) this.#begin();
      isMissing = false;
    };
    return {
      leave,
      arrive: () => {
        leave();
        return this.#begun;
      },
    };

  }

}
