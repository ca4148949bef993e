import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { blocks, codeIn, page, table } from '../docs/support/markdown.js';
import { temporaryFolder } from '../support/servers/server.js';
import { command, root } from './support/command.js';

interface Check { readonly name: string; readonly what: string }

const checks = async (engine: string): Promise<readonly Check[]> => (
  (await import(pathToFileURL(`${root}dist/doctor/checks/${engine}-checks.js`).href))[`${engine.toUpperCase()}_CHECKS`]);

describe('The page of the command', () => {

  const here = page('docs/command.md');

  it('lists what the doctor looks at', async () => {

    for (const [heading, engine] of [
      ['Tables', 'table'], ['Redis', 'redis'], ['PostgreSQL', 'postgres'], ['MySQL and MariaDB', 'mysql'], ['SQLite', 'sqlite'],
    ]) {
      deepStrictEqual(table(here, heading).slice(1), (await checks(engine)).map(({ name, what }) => [`\`${name}\``, what]));
    }
    deepStrictEqual(table(here, 'All stores').slice(2), (await checks('store')).map(({ name, what }) => [`\`${name}\``, what]));

  });

  it('lists the commands', async () => {

    const { out } = await command(['--help']);
    const names = [...out.matchAll(/^ {2}([a-z-]+) (?:\[|<)/gm)].map(([, name]) => name).filter(name => name !== 'help');
    deepStrictEqual(table(here, 'The command').slice(1).flatMap(([cell]) => codeIn(cell)), names);

  });

  it('lists the exit codes', async () => {

    const { MEANINGS } = await import(pathToFileURL(`${root}dist/exit-codes.js`).href);
    deepStrictEqual(table(here, 'Scripts').slice(1).map(([code, meaning]) => [code, meaning.replaceAll('`', '')]), Object.entries(MEANINGS));

  });

  describe('has examples that print what it says', () => {

    before(() => process.chdir(temporaryFolder()));

    const examples = blocks(here).filter(({ language }) => language === 'console').flatMap(({ code }) => code.split(/^(?=\$ )/m));

    it('are found', () => ok(examples.length > 2));

    for (const text of examples) {
      const [asked, ...said] = text.trim().split('\n');
      it(asked, async () => {

        const [, given] = /^\$ npx @curveball\/session-cli (.*)$/.exec(asked) ?? [];
        const { out, err } = await command(given.split(' '), { env: { SESSION_STORE: 'sqlite:./sessions.db' } });
        strictEqual(alike(`${err}${out}`), alike(`${said.join('\n')}\n`));

      });
    }

  });

});

/** Replaces what is never the same twice: times, handles and secrets. */
function alike(text: string): string {

  return text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, 'TIME')
    .replace(/[\w+/]{43}=/g, 'SECRET')
    .replace(/\b(?=\w*\d)\w{16}\b/g, 'HANDLE')
    .replace(/\d+(\.\d+)? (ms|s)\b/g, '$2');

}
