/** What the command's exit code says. */
export const EXIT = {
  /** All was done; `doctor` has found nothing. */
  ok: 0,
  /** Something failed: the store could not be reached, or there was nothing of this name. */
  failed: 1,
  /** The arguments are wrong. Nothing was done. */
  usage: 2,
  /** `doctor` has found something that should be better. */
  warnings: 3,
  /** `doctor` has found something that loses sessions, or keeps the store from working. */
  problems: 4,
  /** Nothing was done, since no one has confirmed it. */
  unconfirmed: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error that has been foreseen: its message says all that the user needs. */
export class CommandError extends Error {

  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed) {

    super(message);
    this.exitCode = exitCode;

  }

}
