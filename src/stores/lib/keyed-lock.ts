/** After so many milliseconds without an answer, a call does not hold its key any longer. */
const PATIENCE = 30_000;

/** Runs one task at a time for each key, in the order in which they came. */
export class KeyedLock {

  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs a task once all that came before it on this key have been answered. */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {

    const before = this.#last.get(key);
    const mine = before ? settledOrLate(before).then(task) : task();
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }

  }

}

function settledOrLate(promise: Promise<unknown>): Promise<void> {

  return new Promise(resolve => {
    const timer = setTimeout(resolve, PATIENCE);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(done, done);
  });

}
