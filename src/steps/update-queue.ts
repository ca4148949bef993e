import { AsyncLocalStorage } from 'node:async_hooks';
import { SessionStoreError } from '../base/errors.js';

/** Milliseconds, at most, for which a task keeps the next one waiting. */
const LONGEST_HOLD = 3000;

/** A task waits for its turn at most this many times as long as one task may hold the queue. */
const PATIENCE = 10;

/** A call of the function of an update. */
interface Running {
  readonly queue: UpdateQueue;
  readonly key: unknown;
  readonly owner: unknown;
  /** False once the function has returned. Callbacks that it has left behind may then start updates of their own. */
  isRunning: boolean;
  /** The function within which the update was started, if any. */
  readonly outer: Running | undefined;
}

const functions = new AsyncLocalStorage<Running>();

/**
 * Lets the updates of one session take turns in this process. Updates that ran at
 * the same time would conflict, and all but one would have asked the store in vain.
 * Turns only save work: the version that each update names keeps it correct across
 * processes, so the next task need not wait for one that takes too long.
 */
export class UpdateQueue {

  readonly #hold: number;
  readonly #last = new Map<unknown, Promise<void>>();

  /** @param storeTimeout in seconds */
  constructor(storeTimeout: number) {
    this.#hold = Math.min(storeTimeout * 1000, LONGEST_HOLD);
  }

  /**
   * Runs a task when the tasks before it are done or their time is over.
   *
   * @param key the session
   * @param task is given whether it has waited
   * @throws {SessionStoreError} if too many tasks were waiting before it
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
   * Calls the function of an update, so that `isWithin` recognises updates inside it.
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
   * Whether this is called within the function of an update of the same session.
   * That update may wait for this one, which therefore must not wait for its turn.
   *
   * @param inner the method that was called
   * @throws {TypeError} if both belong to the same request: the update would conflict
   *   with the inner call at every try
   */
  isWithin(key: unknown, owner: unknown, inner = 'updateSession'): boolean {

    for (let running = functions.getStore(); running; running = running.outer) {
      if (!running.isRunning || running.queue !== this || running.key !== key) continue;
      if (running.owner !== owner) return true;
      throw new TypeError(`${inner}() was called within the function of an updateSession() of the same request: change the values that the function is given`);
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
