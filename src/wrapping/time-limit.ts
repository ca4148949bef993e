interface Waiting {
  until: number;
  /** By how many milliseconds it waits longer, since the process stood still. */
  prolonged: number;
  readonly giveUp: () => void;
}

/** In milliseconds, what reading the sockets takes; a timer that is late by less is usual. */
const SLACK = 10;

/** Waits for answers, for each the same time. */
export class TimeLimit {

  readonly #limit: number;
  // All wait equally long, so the first in is the first to give up.
  readonly #waiting = new Set<Waiting>();
  // One for all calls: a timer each would be dearer than the call of a fast store.
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param limit in seconds */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * @param failure makes the error that the caller gets
   * @param onLate gets an answer that came when its caller had given up
   */
  for<T>(answer: PromiseLike<T>, failure: (error: unknown) => Error, onLate?: (value: T) => void): Promise<T> {

    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        until: performance.now() + this.#limit * 1000,
        prolonged: 0,
        giveUp: () => reject(failure(new Error(`no answer within ${this.#limit} seconds`))),
      };
      this.#waiting.add(waiting);
      this.#arm();
      answer.then(
        value => {
          if (!this.#waiting.has(waiting)) onLate?.(value);
          this.#done(waiting);
          resolve(value);
        },
        error => {
          this.#done(waiting);
          reject(failure(error));
        },
      );
    });

  }

  #done(waiting: Waiting): void {

    this.#waiting.delete(waiting);
    // No caller waits: the timer must not keep the process alive.
    if (this.#waiting.size === 0) this.#timer?.unref();

  }

  #arm(): void {

    if (this.#timer) {
      if (this.#waiting.size === 1) this.#timer.ref();
      return;
    }
    for (const first of this.#waiting) {
      const delay = Math.max(1, first.until - performance.now());
      this.#timer = setTimeout(() => this.#giveUpOnLate(first.until), delay);
      return;
    }

  }

  #giveUpOnLate(due: number): void {

    this.#timer = undefined;
    const now = performance.now();
    if (now - due >= SLACK) this.#prolong(now, now - due);
    for (const waiting of this.#waiting) {
      if (waiting.until > now) break;
      this.#done(waiting);
      waiting.giveUp();
    }
    this.#arm();

  }

  /**
   * The process stood still: answers of the store wait in its sockets, unread,
   * and a call that takes several steps could not take the next one. So each
   * call gets the lost time back, up to the limit.
   */
  #prolong(now: number, lost: number): void {

    const limit = this.#limit * 1000;
    for (const waiting of this.#waiting) {
      const more = Math.min(lost + SLACK, limit - waiting.prolonged);
      if (more <= 0) continue;
      waiting.prolonged += more;
      // Never later than a call that begins now: they give up in the order in which they came.
      waiting.until = Math.min(Math.max(waiting.until, now) + more, now + limit);
    }

  }

}
