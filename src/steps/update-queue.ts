import { AsyncLocalStorage } from 'node:async_hooks';
import { SessionStoreError } from '../base/errors.js';

/** For at most so long, in milliseconds, a task keeps those after it waiting. */
const LONGEST_HOLD = 3000;

/** A task waits at most so many times as long. */
const PATIENCE = 10;

/** The function of an update, and that of the update which it was called in, if it was. */
interface Running {
  readonly queue: UpdateQueue;
  readonly key: unknown;
  readonly owner: unknown;
  /** No longer once it has answered: what it has left behind may start updates of its own. */
  isRunning: boolean;
  readonly outer: Running | undefined;
}

const functions = new AsyncLocalStorage<Running>();

/**
 * Lets the updates of one session take turns in this process. At the same time,
 * each would find that others have changed the session, and all but one would
 * have asked the store for nothing. What holds across processes is the version
 * that each names: a turn that takes too long is not waited for.
 */
export class UpdateQueue {

  readonly #hold: number;
  readonly #last = new Map<unknown, Promise<void>>();

  /** @param storeTimeout in seconds */
  constructor(storeTimeout: number) {
    this.#hold = Math.min(storeTimeout * 1000, LONGEST_HOLD);
  }

  /**
   * Runs a task once those before it have been answered, or have had their time.
   *
   * @param task is told whether it has waited
   * @throws {SessionStoreError} where too many are before it
   */
  async run<T>(key: unknown, task: (hasWaited: boolean) => Promise<T>): Promise<T> {

    const before = this.#last.get(key);
    let leave = () => {};
    const left = new Promise<void>(resolve => { leave = resolve; });
    const over = before ? before.then(() => left) : left;
    this.#last.set(key, over);
    over.then(() => {
      if (this.#last.get(key) === over) this.#last.delete(key);
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      if (before) await this.#inTime(before);
      timer = setTimeout(leave, this.#hold);
      return await task(before !== undefined);
    } finally {
      clearTimeout(timer);
      leave();
    }

  }

  /**
   * Calls the function of an update.
   *
   * @param owner the request that asked for it
   */
  async call<T>(key: unknown, owner: unknown, update: () => T): Promise<Awaited<T>> {

    const running: Running = { queue: this, key, owner, isRunning: true, outer: functions.getStore() };
    try {
      return await functions.run(running, update);
    } finally {
      running.isRunning = false;
    }

  }

  /**
   * Whether this is called within the function of an update of the same session,
   * which waits for it and so can't be waited for.
   *
   * @throws {TypeError} if both are the same request's: the outer one would find a change of its own, again and again
   */
  isWithin(key: unknown, owner: unknown): boolean {

    for (let running = functions.getStore(); running; running = running.outer) {
      if (!running.isRunning || running.queue !== this || running.key !== key) continue;
      if (running.owner !== owner) return true;
      throw new TypeError('updateSession() was called within the function of an updateSession() of the same request: change the values that the function is given');
    }
    return false;

  }

  #inTime(turn: Promise<void>): Promise<void> {

    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new SessionStoreError('Too many updates of the session were waiting before this one'));
      }, this.#hold * PATIENCE);
      turn.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });

  }

}
