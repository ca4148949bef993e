import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { SessionStoreError } from '@curveball/session';
import { type OpenedStore, openStore } from '@curveball/session/open';
import { Command, CommanderError } from 'commander';
import { isInMemory, parsed, shown } from './address.js';
import { watched, withCauses } from './errors.js';
import { CommandError, EXIT, type ExitCode } from './exit-codes.js';
import { STORE_HELP } from './help.js';
import { Output } from './output.js';
import type { Surroundings } from './surroundings.js';

/** The variable that has the address of the store, if the option is not given. */
const VARIABLE = 'SESSION_STORE';

/** What all commands share. */
export class Cli {

  readonly program = new Command('curveball-session');
  readonly output: Output;
  readonly surroundings: Surroundings;
  exitCode: ExitCode = EXIT.ok;

  constructor(surroundings: Surroundings) {

    this.surroundings = surroundings;
    this.output = new Output(surroundings);
    this.program
      .exitOverride()
      .configureOutput({
        writeOut: text => surroundings.stdout.write(text),
        writeErr: text => surroundings.stderr.write(this.output.safe(text)),
        outputError: (text, write) => write(text.replace(/^error: /, 'Error: ')),
      })
      .showHelpAfterError('(with --help, it says what it takes)');

  }

  /** Runs the command that the arguments name. */
  async run(args: readonly string[]): Promise<ExitCode> {

    // Even a text in the wrong place may be an address.
    for (const text of [...args, ...Object.values(this.surroundings.env)]) {
      const address = text?.replace(/^-+([a-z]+=)?/, '') ?? '';
      if (parsed(address)) this.output.hide(address);
    }
    try {
      await this.program.parseAsync([...args], { from: 'user' });
      return this.exitCode;
    } catch (error) {
      if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
      this.output.error(withCauses(error as Error));
      if (error instanceof CommandError) return error.exitCode;
      // That of `openStore()` and of the stores is about what was given.
      return error instanceof TypeError ? EXIT.usage : EXIT.failed;
    }

  }

  /** Adds a command with the options that all have. */
  command(nameAndArguments: string, description: string): Command {

    return this.program.command(nameAndArguments).description(description)
      .option('--json', 'print one JSON value a line; errors and progress stay texts, on the standard error output')
      .hook('preAction', command => {
        this.output.isJson = command.opts().json === true;
      });

  }

  /** Adds a command on one store. */
  storeCommand(nameAndArguments: string, description: string): Command {

    return this.command(nameAndArguments, description)
      .option('--store <address>', `the address of the store, or env:NAME for one in a variable (default: env:${VARIABLE})`)
      .addHelpText('after', `\n${STORE_HELP}`);

  }

  /** Adds a command that ends sessions: it asks first. */
  endingCommand(nameAndArguments: string, description: string): Command {

    return this.storeCommand(nameAndArguments, description).option('--yes', 'do not ask');

  }

  /**
   * Returns an address that is given, or is in the variable that is given instead.
   *
   * @throws {CommandError} if there is none, or what is kept there ends with the command
   */
  address(given = `env:${VARIABLE}`): string {

    const name = /^env:(.*)$/s.exec(given)?.[1];
    if (name === '') throw new CommandError('env: lacks the name of a variable, as in env:NEW_STORE', EXIT.usage);
    const address = name === undefined ? given : this.surroundings.env[name];
    if (!address) throw new CommandError(`No store: give its address with --store, or in the variable ${name ?? VARIABLE}`, EXIT.usage);
    if (isInMemory(address)) throw new CommandError(`The store ${address} is in the memory of one process, and ends with this command: give another address`, EXIT.usage);
    return address;

  }

  /**
   * Opens a store for a task, and closes it afterwards. A table that is missing stays
   * so, and a file, too: a misspelt name must not make an empty one.
   *
   * @param which what messages call the store
   */
  async with<T>(address: string, task: (store: OpenedStore) => Promise<T>, which = 'store'): Promise<T> {

    const store = await (openStore(address, { setup: false }) as Promise<OpenedStore>).catch(error => {
      if (error instanceof TypeError) throw error;
      throw new CommandError(withCauses(error).replace(/^The store at/, `The ${which} at`));
    });
    let hasFailed = false;
    try {
      return await task(watched(store, () => {
        hasFailed = true;
      }));
    } catch (error) {
      const isOfStore = error instanceof SessionStoreError;
      if (!(hasFailed || isOfStore) || error instanceof CommandError || error instanceof TypeError) throw error;
      const cause = isOfStore && error.cause instanceof Error ? error.cause : error as Error;
      throw new CommandError(`The ${which} at ${shown(address)} failed: ${withCauses(cause)}`);
    } finally {
      await store.close();
    }

  }

  /**
   * Asks whether something may be done that can't be undone.
   *
   * @throws {CommandError} if the answer is no, or there is no one to ask
   */
  async confirm(question: string, { yes }: { yes?: boolean }): Promise<void> {

    if (yes) return;
    const { stdin, stderr } = this.surroundings;
    if (!stdin.isTTY || !stderr.isTTY) {
      throw new CommandError(`${question} There is no terminal to ask on: confirm it with --yes`, EXIT.unconfirmed);
    }
    const terminal = createInterface({ input: stdin, output: stderr });
    // Ctrl-C, Ctrl-D and the end of the input close it, and answer nothing. Newer versions of Node.js also reject the question.
    const closed = once(terminal, 'close').then(() => null);
    const answered = terminal.question(`${this.output.safe(question)} [y/N] `).catch(() => null);
    const answer = await Promise.race([answered, closed]);
    terminal.close();
    if (answer === null) stderr.write('\n');
    if (!/^y(es)?$/i.test(answer?.trim() ?? '')) throw new CommandError('Not confirmed: nothing was done', EXIT.unconfirmed);

  }

}
