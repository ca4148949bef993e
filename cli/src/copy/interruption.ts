import { EXIT, type ExitCode } from '../exit-codes.js';
import type { Surroundings } from '../surroundings.js';

/** The signals that ask a process to end, with the exit codes that shells give them. */
const SIGNALS: ReadonlyArray<readonly [NodeJS.Signals, ExitCode]> = [['SIGINT', EXIT.interrupted], ['SIGTERM', EXIT.terminated]];

/** Lets a task end in order after a first signal. A second one ends the process at once. */
export class Interruption {

  /** The exit code of the signal; undefined before it comes. */
  exitCode: ExitCode | undefined;

  readonly #controller = new AbortController();
  readonly #stops: Array<() => void> = [];

  /** @param onSignal called at once when the signal comes */
  constructor(surroundings: Surroundings, onSignal: () => void) {

    for (const [name, code] of SIGNALS) {
      const listener = () => {
        this.stop();
        this.exitCode = code;
        onSignal();
        this.#controller.abort();
      };
      surroundings.once(name, listener);
      this.#stops.push(() => surroundings.off(name, listener));
    }

  }

  /** Aborted by the signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Listens no more. */
  stop(): void {
    for (const stop of this.#stops) stop();
  }

}
