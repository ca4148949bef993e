import { readFileSync } from 'node:fs';
import { Cli } from './cli.js';
import { copy } from './commands/copy.js';
import { doctor } from './commands/doctor.js';
import { end } from './commands/end.js';
import { endAll } from './commands/end-all.js';
import { endEverything } from './commands/end-everything.js';
import { keygen } from './commands/keygen.js';
import { list } from './commands/list.js';
import { purge } from './commands/purge.js';
import { setup } from './commands/setup.js';
import { stats } from './commands/stats.js';
import type { ExitCode } from './exit-codes.js';
import { STORE_HELP } from './help.js';
import type { Surroundings } from './surroundings.js';

/** Each adds one command. */
const COMMANDS = [setup, stats, list, end, endAll, endEverything, purge, copy, doctor, keygen];

/**
 * Runs the command that the arguments name.
 *
 * @param args without the names of node and of the program
 * @returns the exit code: docs/command.md says what each one means
 */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {

  const cli = new Cli(surroundings);
  cli.program
    .description('Looks after the sessions of @curveball/session in a store.')
    .version(version())
    .addHelpText('after', `\n${STORE_HELP}`);
  for (const add of COMMANDS) add(cli);
  return cli.run(args);

}

function version(): string {

  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;

}
