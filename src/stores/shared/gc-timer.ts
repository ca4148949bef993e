import { wrong } from '../../base/option-checks.js';

/** What `setTimeout` can wait for, in milliseconds: almost 25 days. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Cleans up again and again, without keeping the process alive. */
export class GcTimer {

  readonly #gc: () => unknown;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param gc must not fail */
  constructor(gc: () => unknown) {
    this.#gc = gc;
  }

  /**
   * Cleans up every `interval` seconds from now on.
   *
   * @throws {TypeError} if the interval is not a number above 0
   */
  schedule(interval: number): void {

    if (typeof interval !== 'number' || !(interval > 0)) throw wrong('interval', interval, 'must be a number of seconds above 0');
    this.cancel();
    this.#timer = setTimeout(() => {
      this.#gc();
      this.schedule(interval);
    }, Math.min(interval * 1000, LONGEST_TIMER));
    this.#timer.unref();

  }

  cancel(): void {

    clearTimeout(this.#timer);

  }

}
