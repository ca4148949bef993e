/** After so many milliseconds without an answer, a task does not hold its key any longer. */
const PATIENCE = 30_000;

/** Runs one task at a time for each key, in the order in which they came. */
export class KeyedLock {

  readonly #last = new Map<string, Promise<void>>();

  /** Runs a task once all that came before it on this key have been answered. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {

    const before = this.#last.get(key);
    const answer = before ? before.then(task) : task();
    // The time counts from the moment at which the task begins.
    const over = before ? before.then(() => settledOrLate(answer)) : settledOrLate(answer);
    this.#last.set(key, over);
    over.then(() => {
      if (this.#last.get(key) === over) this.#last.delete(key);
    });
    return answer;

  }

}

function settledOrLate(promise: Promise<unknown>): Promise<void> {

  return new Promise(resolve => {
    // Who waits for the answer keeps the process alive, not the lock.
    const timer = setTimeout(resolve, PATIENCE).unref();
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(done, done);
  });

}
