/** A clock that starts at the system's time, and that a test can move forward. */
export class Clock {

  #ahead = 0;

  /** Seconds since 1970. */
  readonly now = (): number => Date.now() / 1000 + this.#ahead;

  readonly wait = (seconds: number): void => {
    this.#ahead += seconds;
  };

}
