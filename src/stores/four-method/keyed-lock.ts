/** After so many milliseconds without an answer, a task does not hold its key any longer. */
const PATIENCE = 30_000;

/** For so many milliseconds a read may hold its key. */
const READ_PATIENCE = 5000;

/** Runs one task at a time for each key, in the order in which they came. */
export class KeyedLock {

  readonly #last = new Map<string, Promise<void>>();

  /**
   * Runs a task once all that came before it on this key have been answered.
   *
   * @param task calls the first that it is given right before it writes; the second says whether others have had their turn since
   * @param patience the seconds after which it must not write any more
   */
  run<T>(key: string, task: (mayWrite: () => void, isOvertaken: () => boolean) => Promise<T>, patience = Infinity): Promise<T> {

    const until = performance.now() + patience * 1000;
    const mayWrite = () => {
      if (performance.now() > until) throw new Error('The caller has given this up: it could undo what came after it');
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
    // Who waits for the answer keeps the process alive, not the lock.
    const timer = setTimeout(() => {
      late();
      resolve();
    }, PATIENCE).unref();
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(done, done);
  });

}

/** A read that hangs must not hold its key: nothing has been written yet. */
export function inTime<T>(read: Promise<T>): Promise<T> {

  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer to get()')), READ_PATIENCE).unref();
    read.then(resolve, reject).finally(() => clearTimeout(timer));
  });

}
