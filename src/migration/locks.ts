import type { CreateTerms, SessionTexts } from '../base/store.js';
import { KEEPS_NOTHING } from '../values/other-record.js';

/** Says whether a record that is created is a lock: it keeps nothing, for no user. */
export function isLock(texts: SessionTexts, { newInfo }: CreateTerms): boolean {

  return newInfo === undefined && texts.size === KEEPS_NOTHING.size && [...KEEPS_NOTHING].every(([key, text]) => texts.get(key) === text);

}

/** The locks that this process holds, by their ids, with the time at which each is over at the latest, in milliseconds of `performance.now()`. */
export class Locks {

  readonly #held = new Map<string, number>();

  /** Remembers a lock for as long as its lease can last. */
  hold(id: string, lifetime: number): void {

    const now = performance.now();
    for (const [old, until] of this.#held) if (until <= now) this.#held.delete(old);
    this.#held.set(id, now + lifetime * 1000);

  }

  isHeld(id: string): boolean {

    return this.#held.has(id);

  }

  /** @returns whether this process has created the lock */
  release(id: string): boolean {

    return this.#held.delete(id);

  }

}
