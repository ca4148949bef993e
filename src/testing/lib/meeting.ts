import type { Awaitable } from '../../base/store.js';

/** One of those who meet. */
export interface Member {
  /** Comes when all have arrived who have not left. */
  arrive(): Promise<void>;
  /** Says that no one needs to wait for this one any more. */
  leave(): void;
}

/** A point that several must reach before they go on together. */
export class Meeting {

  readonly #begun: Promise<void>;
  #missing: number;
  #begin = () => {};

  /** @param prepare what is done once, when all are there and before they go on */
  constructor(members: number, prepare: () => Awaitable<void> = () => {}) {

    this.#missing = members;
    this.#begun = new Promise<void>(resolve => {
      this.#begin = resolve;
    }).then(prepare);
    // It is the failure of those who wait for it.
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
