import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openStore } from '../../src/open/open-store.js';
import { mysqlUrl, postgresUrl, redisClusterUrl, redisUrl } from '../support/servers/addresses.js';
import { temporaryFolder } from '../support/servers/server.js';
import { command } from './support/command.js';
import { begin } from './support/sessions.js';

const ADDRESSES: { readonly [engine: string]: () => string } = {
  SQLite: () => `sqlite:${join(temporaryFolder(), 'sessions.db')}`,
  Redis: () => `${redisUrl()}?prefix=command:`,
  'a Redis cluster': () => `${redisClusterUrl()}?prefix=command:`,
  PostgreSQL: () => `${postgresUrl()}?table=command`,
  MariaDB: () => `${mysqlUrl()}?table=command`,
};

for (const [engine, addressOf] of Object.entries(ADDRESSES)) {

  describe(`The commands on sessions, on ${engine}`, async () => {

    const address = addressOf();
    const run = (...args: string[]) => command([...args, '--json'], { env: { SESSION_STORE: address } });

    it('count, list and end them', async t => {

      const store = await openStore(address);
      t.after(() => store.close());
      await store.endAllSessions();
      const ids = [await begin(store, 'Ada'), await begin(store, 'Ada'), await begin(store, 'Bob'), await begin(store, null, { cart: 'x'.repeat(1000) })];
      const handles = ids.map(id => store.handleOf(id));

      const [{ live, ofUsers, isExact, roundTripSeconds, store: shown }] = (await run('stats', '--exact')).json;
      deepStrictEqual([live, ofUsers, isExact], [4, 3, true]);
      ok(roundTripSeconds > 0 && shown.endsWith(address.slice(address.lastIndexOf('/'))));

      const { json: all, out } = await run('list');
      deepStrictEqual(all.map(({ handle }) => handle).sort(), [...handles].sort());
      deepStrictEqual(all.map(({ user }) => user).sort(), ['Ada', 'Ada', 'Bob', null].sort());
      ok(all.every(({ sizeBytes, createdAt, seenAt, expiresAt }) => sizeBytes > 0 && createdAt > 0 && seenAt >= createdAt && expiresAt > seenAt));
      for (const id of ids) doesNotMatch(out, new RegExp(id.slice(16)));
      doesNotMatch(out, /xxx/);

      const { json: hers } = await run('list', 'Ada');
      deepStrictEqual(hers.map(({ handle }) => handle).sort(), handles.slice(0, 2).sort());

      deepStrictEqual((await run('end', handles[0], '--yes')).json, [{ ended: 1 }]);
      strictEqual((await run('end', handles[0], '--yes')).code, 1);
      strictEqual((await run('end', 'nonsense', '--yes')).code, 1);
      deepStrictEqual((await run('end-all', 'Ada', '--yes')).json, [{ ended: 1 }]);
      deepStrictEqual((await run('purge', '--idle', '1h', '--yes')).json, [{ ended: 0 }]);
      deepStrictEqual((await run('purge', '--anonymous', '--yes')).json, [{ ended: 1 }]);
      deepStrictEqual((await run('list')).json.map(({ handle }) => handle), [handles[2]]);
      const everything = await run('end-everything', '--yes');
      deepStrictEqual([everything.code, everything.json], [0, [{ store: shown, ended: 1, isExact: true }]]);
      deepStrictEqual((await run('list')).json, []);

    });

  });

}

describe('A command that ends sessions', async () => {

  const address = ADDRESSES.SQLite();
  const store = await openStore(address);
  const ENDING = [['end', 'HANDLE'], ['end-all', 'Ada'], ['end-everything'], ['purge', '--anonymous']];
  const handle = store.handleOf(await begin(store, 'Ada'));
  const filled = (args: string[]) => args.map(text => text === 'HANDLE' ? handle : text);
  const isThere = async () => (await store.statesOf?.([handle]))?.[0]?.status === 'live';

  it('does nothing without a terminal and without --yes, and says so', async () => {

    for (const args of ENDING) {
      const { code, err } = await command([...filled(args), '--store', address]);
      strictEqual(code, 5);
      match(err, /There is no terminal to ask on: confirm it with --yes/);
      ok(await isThere());
    }

  });

  it('asks on a terminal, and does nothing after a no', async () => {

    for (const args of ENDING) {
      const { code, err } = await command([...filled(args), '--store', address], { keys: '\n' });
      match(err, /End .*\?/);
      match(err, /Not confirmed: nothing was done/);
      strictEqual(code, 5);
      ok(await isThere());
    }
    const question = async (...args: string[]) => (await command([...args, '--store', address])).err;
    match(await question('end', handle), new RegExp(`End the session ${handle} of the user Ada\\?`));
    match(await question('purge', '--idle', '7d'), /End 0 sessions not used for 7 d\?/);
    const ways = { 'Ctrl-C': '\u0003', 'Ctrl-D': '\u0004', 'Ctrl-C after a y': 'y\u0003' };
    for (const [way, keys] of Object.entries(ways)) {
      const { code, err } = await command(['end-all', 'Ada', '--store', address], { keys });
      deepStrictEqual([way, code], [way, 5]);
      match(err, /\nError: Not confirmed: nothing was done\n$/);
      ok(await isThere());
    }

  });

  it('does so after a yes', async () => {

    const { code, out } = await command(['end', handle, '--store', address], { keys: 'y\n' });
    deepStrictEqual([code, out], [0, 'The session has ended\n']);
    ok(!await isThere());
    await store.close();

  });

  it('warns if all sessions are anonymous, since those who have signed in may be, too', async t => {

    const address = ADDRESSES.SQLite();
    const store = await openStore(address);
    t.after(() => store.close());
    await begin(store, null);
    const purge = async () => (await command(['purge', '--anonymous', '--store', address])).err;
    match(await purge(), /No session has a user/);
    match(await purge(), /End 1 anonymous session\?/);
    await begin(store, 'ada');
    doesNotMatch(await purge(), /No session has a user/);

  });

  it('must be told which sessions to purge', async () => {

    const { code, err } = await command(['purge', '--yes', '--store', address]);
    strictEqual(code, 2);
    match(err, /with --anonymous, --idle, or both/);
    for (const wrong of ['7', '0d', '7y', '-1d', 'd', '1.5h']) strictEqual((await command(['purge', '--idle', wrong, '--store', address])).code, 2);

  });

});

describe('A list', () => {

  it('has no headings without a row', async () => {

    const address = ADDRESSES.SQLite();
    await command(['setup', '--store', address]);
    strictEqual((await command(['list', '--store', address])).out, '');

  });

  it('prints no control characters of a user\'s name', async t => {

    const address = ADDRESSES.SQLite();
    const store = await openStore(address);
    t.after(() => store.close());
    await begin(store, 'a\u001b[2Jb\nc\u202e');
    const { out } = await command(['list', '--store', address]);
    const lines = out.trim().split('\n');
    strictEqual(lines.length, 2);
    match(lines[1], /a\ufffd\[2Jb c\ufffd$/);
    const run = await command(['list', '--json', '--store', address]);
    strictEqual(run.json[0].user, 'a\u001b[2Jb\nc\u202e', 'in JSON, it can be given back');
    match(run.out, /^[ -~]+\n$/);

  });

});
