import { randomBytes } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import type { Cli } from '../cli.js';
import { PLAIN_HELP } from '../help.js';

/** Makes a key for `encrypted()`. */
export function keygen(cli: Cli): void {

  cli.command('keygen', 'Make a key for encrypted(store, { keys: [key] }).')
    .option('--id <name>', 'the name of the key (default: today\'s date)', keyName)
    .addHelpText('after', `\n${PLAIN_HELP}`)
    .action(({ id = new Date().toISOString().slice(0, 10) }: { id?: string }) => {
      const key = { id, secret: randomBytes(32).toString('base64') };
      cli.output.result(key, `{ id: '${key.id}', secret: '${key.secret}' }`);
    });

}

/** The names that `encrypted()` takes. */
function keyName(text: string): string {

  if (!/^[\w-]{1,32}$/.test(text)) throw new InvalidArgumentError('It must be 1 to 32 letters, digits, _ and -.');
  return text;

}
