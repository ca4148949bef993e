/** The exit codes of the command. */
export const EXIT = { ok: 0, failed: 1, usage: 2, warnings: 3, problems: 4, unconfirmed: 5, interrupted: 130, terminated: 143 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each exit code says. */
export const MEANINGS: { readonly [code in ExitCode]: string } = {
  0: 'all was done; doctor has found nothing',
  1: 'something failed, for instance because the store could not be reached',
  2: 'the arguments are wrong; nothing was done',
  3: 'doctor has found warnings: what should be better',
  4: 'doctor has found problems: what loses sessions, or keeps the store from working',
  5: 'nothing was done, since no one has confirmed it',
  130: 'copy, purge, end-all or end-everything was interrupted, by Ctrl-C or SIGINT: the same command does the rest',
  143: 'the same by SIGTERM',
};

/** An error that has been foreseen: its message says all that the user needs. */
export class CommandError extends Error {

  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed) {

    super(message);
    this.exitCode = exitCode;

  }

}
