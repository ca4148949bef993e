/** A clock that shows the system's time, until a test moves it on. */
export class Clock {

  #ahead = 0;

  /** Seconds since 1970. */
  readonly now = (): number => Date.now() / 1000 + this.#ahead;

  readonly wait = (seconds: number): void => {
    this.#ahead += seconds;
  };

}
