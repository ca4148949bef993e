import { CommandError, EXIT, type ExitCode } from './exit-codes.js';
import type { Surroundings } from './surroundings.js';

/** The signals that ask a process to end, with the exit codes that shells give them. */
const SIGNALS: ReadonlyArray<readonly [NodeJS.Signals, ExitCode]> = [['SIGINT', EXIT.interrupted], ['SIGTERM', EXIT.terminated]];

/** What a task has to know of a signal. */
export interface Interruption {
  /** Aborted by the signal. */
  readonly signal: AbortSignal;
  /**
   * Waits for an answer, but no longer than until the signal.
   *
   * @throws the reason of the signal
   */
  unlessInterrupted<T>(ask: () => PromiseLike<T>): Promise<T>;
}

/**
 * Lets a task end in order after a first signal. A second one ends the process at once.
 *
 * @param says what has become of it, after a signal
 * @throws {CommandError} with the exit code of the signal
 */
export async function interruptible<T>(
  surroundings: Surroundings, task: (interruption: Interruption) => Promise<T>, says: () => string,
): Promise<T> {

  const controller = new AbortController();
  const { signal } = controller;
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  interrupted.catch(() => {});
  let exitCode: ExitCode | undefined;
  const listeners = SIGNALS.map(([name, code]) => [name, () => {
    stop();
    exitCode = code;
    controller.abort();
  }] as const);
  const stop = () => {
    for (const [name, listener] of listeners) surroundings.off(name, listener);
  };
  for (const [name, listener] of listeners) surroundings.once(name, listener);
  try {
    return await task({
      signal,
      unlessInterrupted: async ask => {
        signal.throwIfAborted();
        return Promise.race([ask(), interrupted]);
      },
    });
  } catch (error) {
    throw exitCode === undefined ? error : new CommandError(says(), exitCode);
  } finally {
    stop();
  }

}

/** The same for a call that ends many sessions, and can't say how far it has come. */
export async function interruptibleEnd<T>(surroundings: Surroundings, end: () => Promise<T>): Promise<T> {

  return interruptible(surroundings, ({ unlessInterrupted }) => unlessInterrupted(end), () => (
    'The command was interrupted: some sessions may not have ended. The same command ends them'));

}
