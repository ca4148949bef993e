import { isThenable } from '../base/awaitable.js';
import { SessionLockError } from '../base/errors.js';
import type { Awaitable } from '../base/store.js';
import type { TimedStore } from '../wrapping/timed-store.js';

/** The part of a store that locks need. */
export type LockStore = Pick<TimedStore, 'claim' | 'touch' | 'delete'>;

/** A lease is extended when this part of it is over. */
const EXTENDED_AFTER = 1 / 3;

/** If that fails, it is tried again after this part. */
const RETRIED_AFTER = 1 / 20;

/**
 * The lock of this process in the store: a record that ends by itself, and that is
 * extended for as long as this process runs. What a former holder still sends can't
 * hurt the next one, whose record has another secret.
 */
export class Lease {

  readonly seconds: number;

  readonly #id: string;
  readonly #store: LockStore;
  readonly #lost = new AbortController();
  /** Until when the lock is surely ours, in milliseconds of `performance.now()`. */
  #until: number;
  #end: ReturnType<typeof setTimeout> | undefined;
  #next: ReturnType<typeof setTimeout> | undefined;
  #isReleased = false;

  /** @param began when the command was sent that created the record, in milliseconds of `performance.now()` */
  constructor(id: string, seconds: number, store: LockStore, began: number) {

    this.seconds = seconds;
    this.#id = id;
    this.#store = store;
    this.#until = began + seconds * 1000;
    this.#watch();
    this.#extendAfter(EXTENDED_AFTER);

  }

  /** Fires when the lock may be another's: with a {@link SessionLockError}. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether the lock may be another's. Known even if no timer has fired since the process stood still. */
  get isLost(): boolean {

    if (performance.now() >= this.#until) this.#lose();
    return this.#lost.signal.aborted;

  }

  /** Ends the lock. If the store fails, the record ends by itself. */
  async release(): Promise<void> {

    this.#isReleased = true;
    this.#stop();
    await removed(this.#id, this.#store);

  }

  #watch(): void {

    clearTimeout(this.#end);
    this.#end = setTimeout(() => { if (!this.isLost) this.#watch(); }, Math.max(1, this.#until - performance.now()));
    this.#end.unref();

  }

  #extendAfter(part: number): void {

    this.#next = setTimeout(() => { this.#extend(); }, part * this.seconds * 1000);
    this.#next.unref();

  }

  async #extend(): Promise<void> {

    if (this.isLost) return;
    const began = performance.now();
    let isOurs: boolean | undefined;
    try {
      isOurs = await this.#store.touch(this.#id, this.seconds);
    } catch {
      // The lease may last until the store is back.
    }
    if (this.#isReleased || this.isLost) return;
    if (isOurs === false) {
      this.#lose();
      return;
    }
    if (isOurs) {
      this.#until = began + this.seconds * 1000;
      this.#watch();
    }
    this.#extendAfter(isOurs ? EXTENDED_AFTER : RETRIED_AFTER);

  }

  #lose(): void {

    this.#stop();
    if (!this.#lost.signal.aborted) this.#lost.abort(lostLock());

  }

  #stop(): void {

    clearTimeout(this.#end);
    clearTimeout(this.#next);

  }

}

function lostLock(): SessionLockError {

  return new SessionLockError('The lock of the session was lost: its lease could not be extended in time, so another request may have got it');

}

/** Removes the record of a lock, if it is there. A failure is ignored: the record ends by itself. */
export async function removed(id: string, store: LockStore): Promise<void> {

  try {
    const answer: Awaitable<void> = store.delete(id);
    if (isThenable(answer)) await answer;
  } catch {
    // The lease ends.
  }

}
