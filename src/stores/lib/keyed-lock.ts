/** After so many milliseconds without an answer, a task does not hold its key any longer. */
const PATIENCE = 30_000;

/** Runs one task at a time for each key, in the order in which they came. */
export class KeyedLock {

  readonly #last = new Map<string, Promise<void>>();

  /**
   * Runs a task once all that came before it on this key have been answered.
   *
   * @param task calls what it is given right before it writes
   * @param patience the seconds after which it must not write any more
   */
  run<T>(key: string, task: (mayWrite: () => void) => Promise<T>, patience = Infinity): Promise<T> {

    const until = performance.now() + patience * 1000;
    const mayWrite = () => {
      if (performance.now() > until) throw new Error('The caller has given this up: it could undo what came after it');
    };
    const before = this.#last.get(key);
    const answer = before ? before.then(() => task(mayWrite)) : task(mayWrite);
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
