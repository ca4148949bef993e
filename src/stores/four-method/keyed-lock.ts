import { countdown } from '../../base/countdown.js';
import type { Patience } from '../../base/store.js';

/** Milliseconds without an answer after which a task no longer holds its key. */
const PATIENCE = 30_000;

/** Milliseconds for which a read may hold its key. */
const READ_PATIENCE = 5000;

/** Runs one task at a time for each key, in the order in which they came. */
export class KeyedLock {

  readonly #last = new Map<string, Promise<void>>();

  /**
   * Runs a task once all that came before it on this key have been answered.
   *
   * @param task calls its first parameter right before it writes; the second says whether other tasks have had their turn since
   * @param waits how long its caller waits; after that it must not write
   */
  run<T>(key: string, task: (mayWrite: () => void, isOvertaken: () => boolean) => Promise<T>, waits: Patience = {}): Promise<T> {

    const left = countdown(waits);
    const mayWrite = () => {
      if (left() <= 0) throw new Error('The caller has given this up: it could undo what came after it');
    };
    let isLate = false;
    const start = () => task(mayWrite, () => isLate);
    const before = this.#last.get(key);
    const answer = before ? before.then(start) : start();
    // The time counts from the moment at which the task begins.
    const end = () => settledOrLate(answer, () => { isLate = true; });
    const over = before ? before.then(end) : end();
    this.#last.set(key, over);
    over.then(() => {
      if (this.#last.get(key) === over) this.#last.delete(key);
    });
    return answer;

  }

}

function settledOrLate(promise: Promise<unknown>, late: () => void): Promise<void> {

  return new Promise(resolve => {
    const cancel = afterRunning(PATIENCE, () => {
      late();
      resolve();
    });
    const done = () => {
      cancel();
      resolve();
    };
    promise.then(done, done);
  });

}

/** A read that hangs must not hold its key: nothing has been written yet. */
export function inTime<T>(read: Promise<T>): Promise<T> {

  return new Promise((resolve, reject) => {
    const cancel = afterRunning(READ_PATIENCE, () => reject(new Error('no answer to get()')));
    read.then(resolve, reject).finally(cancel);
  });

}

/**
 * Calls something after a time in milliseconds. If the process stood still, there may
 * be unread answers in its sockets: it then waits longer by the time that was lost, at most by the time itself.
 *
 * @returns what cancels the call
 */
function afterRunning(time: number, call: () => void): () => void {

  const due = performance.now() + time;
  // The caller keeps the process alive, not the lock.
  let timer = setTimeout(() => {
    const lost = performance.now() - due;
    timer = setTimeout(call, Math.max(0, Math.min(lost, time))).unref();
  }, time).unref();
  return () => clearTimeout(timer);

}
