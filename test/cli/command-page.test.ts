import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { blocks, codeIn, page, table } from '../docs/support/markdown.js';
import { openStore } from '../../src/open/open-store.js';
import { temporaryFolder } from '../support/servers/server.js';
import { command, root } from './support/command.js';
import { begin } from './support/sessions.js';

interface Check { readonly name: string; readonly what: string }

const checks = async (engine: string): Promise<readonly Check[]> => (
  (await import(pathToFileURL(`${root}dist/doctor/checks/${engine}-checks.js`).href))[`${engine.toUpperCase()}_CHECKS`]);

describe('The page of the command', () => {

  const here = page('docs/command.md');

  it('lists what the doctor looks at', async () => {

    for (const [heading, engine] of [
      ['Tables', 'table'], ['Redis', 'redis'], ['A cluster of Redis', 'cluster'], ['PostgreSQL', 'postgres'], ['MySQL and MariaDB', 'mysql'], ['SQLite', 'sqlite'],
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

  it('lists the members of results in JSON', async () => {

    const [first, second, third] = ['first', 'second', 'third'].map(name => `sqlite:${join(temporaryFolder(), name)}`);
    const membersOf = async (...args: string[]) => Object.keys((await command([...args, '--json'], { env: { SESSION_STORE: first } })).json[0]);
    const measured: Record<string, string[]> = { setup: await membersOf('setup'), keygen: await membersOf('keygen') };
    const store = await openStore(first);
    after(() => store.close());
    const handle = store.handleOf(await begin(store, 'Ada'));
    for (const name of ['stats', 'list', 'doctor']) measured[name] = await membersOf(name);
    for (const address of [second, third]) await command(['setup', '--store', address]);
    for (const args of [['end', handle], ['end-all', 'Ada'], ['purge', '--anonymous'], ['end-everything'], ['copy', second, third]]) {
      measured[args[0] as string] = await membersOf(...args, '--yes');
    }
    const [, ...rows] = table(here, 'JSON');
    const listed = Object.fromEntries(rows.flatMap(([names, members]) => codeIn(names).map(name => [name, codeIn(members)])));
    deepStrictEqual(listed, measured);

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
