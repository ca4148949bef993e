/** A caller that waits for one answer. */
export interface Caller {
  /** When it gives up, in milliseconds of `performance.now()`; Infinity until its call has returned. */
  until: number;
  /** Milliseconds that it waits longer, because the process stood still. */
  prolonged: number;
  giveUp: () => void;
}

/** Milliseconds that reading the sockets takes. Timers are often late by less. */
const SLACK = 10;

/** Waits for answers, and for the same time for each. */
export class TimeLimit {

  readonly #limit: number;
  // All wait equally long, so the first caller is the first to give up.
  readonly #waiting = new Set<Caller>();
  // One for all calls: a timer for each would cost more than the call of a fast store.
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;

  /** @param limit in seconds */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns the seconds for which a caller still waits; 0 or less if it has given up. */
  left(caller: Caller): number {

    // The timer is overdue, because the process stood still until a moment ago.
    if (this.#timer && performance.now() - this.#due >= SLACK) {
      clearTimeout(this.#timer);
      this.#giveUpOnLate();
    }
    return Math.min(this.#limit, (caller.until - performance.now()) / 1000);

  }

  /**
   * Waits for an answer, and rejects when the time is up.
   *
   * @param failure makes the error that the caller gets
   * @param onLate gets an answer that came when its caller had given up
   */
  for<T>(caller: Caller, answer: PromiseLike<T>, failure: (error: unknown) => Error, onLate?: (value: T) => void): Promise<T> {

    return new Promise((resolve, reject) => {
      caller.until = performance.now() + this.#limit * 1000;
      caller.giveUp = () => reject(failure(Object.assign(new Error(`no answer within ${this.#limit} seconds`), { code: 'ETIMEDOUT' })));
      this.#waiting.add(caller);
      this.#arm();
      answer.then(
        value => {
          if (!this.#waiting.has(caller)) onLate?.(value);
          this.#done(caller);
          resolve(value);
        },
        error => {
          this.#done(caller);
          reject(failure(error));
        },
      );
    });

  }

  #done(caller: Caller): void {

    this.#waiting.delete(caller);
    // Without callers, the timer must not keep the process alive.
    if (this.#waiting.size === 0) this.#timer?.unref();

  }

  #arm(): void {

    if (this.#timer) {
      if (this.#waiting.size === 1) this.#timer.ref();
      return;
    }
    for (const { until } of this.#waiting) {
      const delay = Math.max(1, until - performance.now());
      this.#due = until;
      this.#timer = setTimeout(() => this.#giveUpOnLate(), delay);
      return;
    }

  }

  #giveUpOnLate(): void {

    this.#timer = undefined;
    const now = performance.now();
    if (now - this.#due >= SLACK) this.#prolong(now, now - this.#due);
    for (const caller of this.#waiting) {
      if (caller.until > now) break;
      this.#done(caller);
      caller.giveUp();
    }
    this.#arm();

  }

  /**
   * Gives each call back the time for which the process stood still, up to the limit.
   * In that time it could not read answers from its sockets, nor take the next step
   * of a call.
   */
  #prolong(now: number, lost: number): void {

    const limit = this.#limit * 1000;
    for (const caller of this.#waiting) {
      const more = Math.min(lost + SLACK, limit - caller.prolonged);
      if (more <= 0) continue;
      caller.prolonged += more;
      // No later than for a call that begins now, since callers give up in the order in which they came.
      caller.until = Math.min(Math.max(caller.until, now) + more, now + limit);
    }

  }

}
