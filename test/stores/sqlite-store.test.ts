import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { storedId } from '../../src/id/stored-id.js';
import { type FoundSession, type LiveSession, type SessionStore, SessionStoreError } from '../../src/index.js';
import { userHash } from '../../src/stores/shared/user-hash.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { storeTests } from '../../src/testing/index.js';
import { toTexts } from '../../src/values/session-values.js';
import { anyText } from '../support/any-text.js';
import { temporaryFolder } from '../support/servers/server.js';
import { failingDatabase } from '../testing/support/failing.js';
import { DRIVERS, type OpenDatabase, type OpenOptions, rows } from './sqlite/sqlite-drivers.js';

const LONG = 3600;
const TEXTS = toTexts({ user: 'Ada', visits: 1 });
const nothing = { set: new Map(), unset: [] };

for (const [driver, open] of Object.entries(DRIVERS)) {

  describe(`SqliteStore with ${driver}`, () => {

    const opened: OpenDatabase[] = [];
    const stores: SqliteStore[] = [];
    after(() => {
      for (const store of stores) store.close();
      for (const database of opened) database.close();
    });

    /** A new database with its table. */
    async function fresh(file = newFile(), options: OpenOptions = {}) {

      const database = await open(file, options);
      opened.push(database);
      const store = new SqliteStore({ database });
      stores.push(store);
      if (!options.readOnly) await store.setup();
      return { file, database, store };

    }

    const shared = newFile();
    const failing = async (commands: number) => new SqliteStore({ database: failingDatabase((await fresh(shared)).database, commands) });
    for (const { name, run } of storeTests(async () => (await fresh(shared)).store, { alone: true, failing })) it(name, run);

    it('answers without a promise', async () => {

      const { store } = await fresh();
      const id = store.newSessionId();
      strictEqual(store.create(id, TEXTS, { lifetime: LONG }), true);
      strictEqual(store.update(id, { set: new Map([['visits', '2']]), unset: [] }, { lifetime: LONG }), 'updated');
      strictEqual((store.load(id) as LiveSession).texts.get('visits'), '2');
      strictEqual(store.touch(id, LONG), true);
      const next = store.newSessionId(id);
      strictEqual(store.move(id, next, nothing, { lifetime: LONG }), 'moved');
      strictEqual(store.end(id), true);
      strictEqual(store.set(id, { a: 1 }, Date.now() / 1000 + 60), undefined);
      deepStrictEqual(store.get(id), { a: 1 });
      strictEqual(store.delete(id), undefined);
      strictEqual(store.get(id), null);

    });

    it('keeps a session in one row through changes and moves', async () => {

      const { store, database } = await fresh();
      let id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      for (let moves = 0; moves < 30; moves++) {
        const next = store.newSessionId(id);
        store.move(id, next, nothing, { lifetime: LONG });
        id = next;
      }
      const [row, ...others] = rows(database, 'SELECT * FROM sessions') as Array<Record<string, string>>;
      deepStrictEqual(others, []);
      strictEqual(row.handle, id.slice(0, 16));
      strictEqual(row.user_id, null);
      strictEqual(row.former.length, 20 * 56, 'the last 20 ids are remembered');
      store.end(id);
      const [{ id_hash, data }] = rows(database, 'SELECT id_hash, data FROM sessions');
      deepStrictEqual([id_hash, data], ['', '\n'], 'nothing is left of an ended session');

    });

    it('returns exactly what it was given', async () => {

      const { store } = await fresh();
      const key = fc.oneof(
        fc.constantFrom('', 'a', 'a.b', '$', '"', '\\', '\\n', '\n', '\t', '\0', '__proto__', 'constructor', '😀', '\ud800', '\udc00', '\u2028'),
        anyText({ maxLength: 8 }),
      );
      const number = fc.double({ noNaN: true, noDefaultInfinity: true });
      const value = fc.oneof(fc.jsonValue(), number, anyText(), fc.dictionary(key, fc.anything({ key, values: [number, fc.constant({})], maxDepth: 3, withNullPrototype: false })));
      const session = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 6 }).map(entries => toTexts(record(entries)));
      const sorted = (texts: ReadonlyMap<string, string>) => [...texts].sort(([one], [other]) => (one < other ? -1 : 1));
      fc.assert(fc.property(session, session, (created, set) => {
        const id = store.newSessionId();
        const stored = () => sorted((store.load(id) as LiveSession).texts);
        store.create(id, created, { lifetime: LONG });
        deepStrictEqual(stored(), sorted(created));
        store.update(id, { set, unset: [...created.keys()].filter(name => !set.has(name)) }, { lifetime: LONG });
        deepStrictEqual(stored(), sorted(set));
      }), { numRuns: 500 });

    });

    it('keeps a text of a megabyte', async () => {

      const { store } = await fresh();
      const id = store.newSessionId();
      const long = JSON.stringify('a\0"\\😀\ud800'.repeat(150_000));
      store.create(id, new Map([['long', long]]), { lifetime: LONG });
      store.update(id, { set: new Map([['more', '1']]), unset: [] }, { lifetime: LONG });
      strictEqual((store.load(id) as LiveSession).texts.get('long'), long);

    });

    it('writes no id to the disk, and nothing that works as one', async () => {

      const { store, file } = await fresh();
      const ids = Array.from({ length: 50 }, () => store.newSessionId());
      const others: string[] = [];
      for (const [index, id] of ids.entries()) {
        store.create(id, toTexts({ index }), { lifetime: LONG });
        store.update(id, { set: new Map([['a', '1']]), unset: [] }, { lifetime: LONG });
        if (index % 3 === 0) store.end(id);
        if (index % 3 === 1) {
          const next = store.newSessionId(id);
          others.push(next);
          store.move(id, next, nothing, { lifetime: LONG });
        }
      }
      store.set('an id of another form', { a: 1 }, Date.now() / 1000 + 60);
      const dump = ['', '-wal', '-shm'].filter(end => existsSync(file + end)).map(end => readFileSync(file + end, 'latin1')).join('\n');
      ok(dump.includes((ids[0] as string).slice(0, 16)), 'the handle is stored');
      for (const id of [...ids, ...others]) {
        ok(!dump.includes(id) && !dump.includes(id.slice(16)), 'a secret is on the disk');
      }
      ok(!dump.includes('an id of another form'));
      for (const candidate of dump.match(/[0-9A-Za-z_-]{16,}/g) ?? []) {
        for (let start = 0; start + 59 <= candidate.length; start++) {
          strictEqual(await store.load(candidate.slice(start, start + 59)), null);
        }
      }

    });

    it('uses the clock of SQLite, and not the clock of the process', async t => {

      const { store } = await fresh();
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 2 * LONG * 1000 });
      strictEqual((store.load(id) as LiveSession).status, 'live');
      store.set(id, { a: 1 }, Date.now() / 1000 + 60);
      const { remaining } = store.load(id) as LiveSession;
      ok(remaining > 55 && remaining <= 60.1, `${remaining} seconds are left`);
      strictEqual(store.update(id, { set: new Map([['b', '2']]), unset: [] }, { lifetime: LONG }), 'updated');
      ok((store.load(id) as LiveSession).remaining > LONG - 5);

    });

    it('takes any lifetime', async () => {

      const { store } = await fresh();
      for (const lifetime of [0.0015, 60.5, 1e9, 1e15, Infinity]) {
        const id = store.newSessionId();
        strictEqual(store.create(id, TEXTS, { lifetime }), true);
        // A short one may have expired already.
        if (lifetime < 1) continue;
        strictEqual((store.load(id) as LiveSession).status, 'live', String(lifetime));
        strictEqual(store.touch(id, lifetime), true);
      }

    });

    it('works on a handle that returns integers as BigInt', async () => {

      const { store } = await fresh(newFile(), { bigInts: true });
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      const { version, remaining } = store.load(id) as LiveSession;
      deepStrictEqual([typeof version, typeof remaining], ['number', 'number']);
      strictEqual(store.update(id, { set: new Map([['a', '1']]), unset: [] }, { lifetime: LONG, version }), 'updated');
      strictEqual(store.update(id, { set: new Map([['a', '1']]), unset: [] }, { lifetime: LONG, version }), 'conflict');
      strictEqual(store.end(id), true);
      await store.gc();

    });

    it('keeps the former ids of a session that is set again', async () => {

      const { store } = await fresh();
      const expire = Date.now() / 1000 + 60;
      const first = store.newSessionId();
      const second = store.newSessionId(first);
      store.create(first, TEXTS, { lifetime: LONG });
      store.move(first, second, nothing, { lifetime: LONG });
      throws(() => store.set(first, { a: 1 }, expire), /has another id/);
      store.set(second, { a: 1 }, expire);
      deepStrictEqual(store.load(first), { status: 'retired', moved: true });
      strictEqual(store.move(first, store.newSessionId(first), nothing, { lifetime: LONG }), 'gone');
      store.delete(first);
      deepStrictEqual(store.get(second), { a: 1 });

    });

    it('never repeats a version, not even under an id that was removed and set again', async () => {

      const { store } = await fresh();
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      const { version } = store.load(id) as LiveSession;
      store.delete(id);
      // Versions begin with SQLite's time in milliseconds, which must go on.
      await setTimeout(2);
      store.create(id, TEXTS, { lifetime: LONG });
      strictEqual(store.update(id, { set: new Map([['a', '1']]), unset: [] }, { lifetime: LONG, version }), 'conflict');

    });

    it('refuses to move a session to an id that it had before', async () => {

      const { store } = await fresh();
      const first = store.newSessionId();
      const second = store.newSessionId(first);
      store.create(first, TEXTS, { lifetime: LONG });
      store.move(first, second, nothing, { lifetime: LONG });
      throws(() => store.move(second, first, nothing, { lifetime: LONG }), /in use/);
      strictEqual((store.load(second) as LiveSession).status, 'live');
      throws(() => store.move(second, store.newSessionId(), nothing, { lifetime: LONG }), TypeError);

    });

    it('fails for rows that it has not written, does not list them, and can end them', async () => {

      const { store, database } = await fresh();
      const kept = '\nkey\t1\n';
      for (const [data, info] of [
        ['', ''], ['garbage', ''], ['\nno tab\n', ''], ['\nkey\tno JSON\n', ''], ['\n\\x\t1\n', ''], ['{"a":1}', ''],
        [kept, 'x'], [kept, 'null'], [kept, '["",""]'], [kept, '["ada"]'], [kept, '[1,""]'], [kept, '["ada","é"]'], [kept, '{"length":2}'],
      ] as const) {
        const id = store.newSessionId();
        const { handle, hash } = storedId(id);
        database.prepare('INSERT INTO sessions VALUES (?, ?, ?, ?, 1, 1, 9000000000000, ?, ?)')
          .run(handle, hash, 'x', userHash('ada'), info, data);
        throws(() => store.get(id), SessionStoreError, data + info);
        deepStrictEqual(await store.sessionsOf('ada'), []);
        await store.load(store.newSessionId(id));
        await store.end(store.newSessionId(id));
        strictEqual(await store.end(id), true);
        strictEqual(await store.get(id), null);
      }
      // A table that the store did not make may hold anything.
      database.exec('CREATE TABLE own (handle, id_hash, former, user_id, version, seen_at, ends_at, about, data)');
      const own = new SqliteStore({ database, table: 'own' });
      stores.push(own);
      const id = own.newSessionId();
      const { handle, hash } = storedId(id);
      const insert = (values: string) => database.exec(`DELETE FROM own; INSERT INTO own VALUES ('${handle}', ${values})`);
      for (const values of ['NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL', `'${hash}', 1, 2, 'x', 'y', 'z', x'00', x'00'`]) {
        insert(values);
        strictEqual(await own.get(id), null, values);
      }
      insert(`'${hash}', NULL, NULL, NULL, NULL, 9e12, NULL, NULL`);
      throws(() => own.get(id), SessionStoreError);

    });

    it('fails without its table, and works as soon as the table exists', async () => {

      const database = await open(newFile());
      opened.push(database);
      const store = new SqliteStore({ database });
      stores.push(store);
      const id = store.newSessionId();
      throws(() => store.load(id), /no such table/);
      throws(() => store.create(id, TEXTS, { lifetime: LONG }), /no such table/);
      await store.setup();
      strictEqual(store.create(id, TEXTS, { lifetime: LONG }), true);

    });

    it('keeps several tables of one database apart', async () => {

      const { store, database } = await fresh();
      const other = new SqliteStore({ database, table: 'other_sessions' });
      stores.push(other);
      await other.setup();
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      strictEqual(other.load(id), null);
      strictEqual(other.create(id, toTexts({ other: 1 }), { lifetime: LONG }), true);
      deepStrictEqual(store.get(id), { user: 'Ada', visits: 1 });

    });

    it('can\'t write to a full disk, and still reads', async () => {

      const { store, database } = await fresh();
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      const [{ page_count }] = rows(database, 'PRAGMA page_count');
      // SQLite reports this limit as it reports a full disk: SQLITE_FULL.
      database.exec(`PRAGMA max_page_count = ${page_count}`);
      const large = new Map([['large', JSON.stringify('x'.repeat(100_000))]]);
      throws(() => store.update(id, { set: large, unset: [] }, { lifetime: LONG }), /full/);
      throws(() => store.create(store.newSessionId(), large, { lifetime: LONG }), /full/);
      deepStrictEqual(store.get(id), { user: 'Ada', visits: 1 });
      strictEqual(store.touch(id, LONG), true, 'a touch needs no space');
      database.exec('PRAGMA max_page_count = 1000000');
      strictEqual(store.update(id, { set: large, unset: [] }, { lifetime: LONG }), 'updated');

    });

    it('can\'t write to a read-only database, and still reads', async () => {

      const { store, file } = await fresh();
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      const { store: reader } = await fresh(file, { readOnly: true });
      deepStrictEqual(reader.get(id), { user: 'Ada', visits: 1 });
      for (const change of [
        () => reader.update(id, { set: new Map([['a', '1']]), unset: [] }, { lifetime: LONG }), () => reader.touch(id, LONG), () => reader.end(id),
        () => reader.create(reader.newSessionId(), TEXTS, { lifetime: LONG }), () => reader.move(id, reader.newSessionId(id), nothing, { lifetime: LONG }),
        () => reader.set(id, {}, 4e9), () => reader.delete(id),
      ]) throws(change, /readonly|read-only/);
      await rejects(reader.gc(), /readonly|read-only/);
      deepStrictEqual(reader.get(id), { user: 'Ada', visits: 1 });

    });

    it('fails on a closed handle', async () => {

      const database = await open(newFile());
      const store = new SqliteStore({ database });
      stores.push(store);
      await store.setup();
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      database.close();
      throws(() => store.load(id));
      throws(() => store.update(id, nothing, { lifetime: LONG }));
      await rejects(store.gc());

    });

    it('does not change a session within a transaction of the application, which may roll back', async () => {

      const { store, database } = await fresh();
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      database.exec('CREATE TABLE mine (a)');
      database.exec('BEGIN');
      database.exec('INSERT INTO mine VALUES (1)');
      throws(() => store.update(id, { set: new Map([['a', '1']]), unset: [] }, { lifetime: LONG }), /has a transaction open/);
      database.exec('COMMIT');
      strictEqual(rows(database, 'SELECT * FROM mine').length, 1, 'the transaction of the application continues');
      strictEqual(store.update(id, { set: new Map([['a', '1']]), unset: [] }, { lifetime: LONG }), 'updated');

    });

    it('does not read within a transaction of the application, which may not see that a session has ended', async t => {

      const { store, database, file } = await fresh();
      if (database.inTransaction === undefined && database.isTransaction === undefined) return t.skip('this version does not say it');
      const { store: other } = await fresh(file);
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      database.exec('BEGIN');
      strictEqual(rows(database, 'SELECT handle FROM sessions').length, 1);
      strictEqual(other.end(id), true);
      for (const read of [() => store.load(id), () => store.get(id), () => store.sessionsOf('ada')]) {
        throws(read, { message: 'The application has a transaction open on the handle: give the store a handle of its own' });
      }
      await rejects(store.setup(), /has a transaction open/);
      database.exec('COMMIT');
      strictEqual((store.load(id) as FoundSession).status, 'retired');

    });

    it('leaves nothing behind of a change that fails', async () => {

      const { store, database } = await fresh();
      const id = store.newSessionId();
      store.create(id, TEXTS, { lifetime: LONG });
      database.exec('CREATE TRIGGER refuse BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, \'refused\'); END');
      throws(() => store.update(id, { set: new Map([['a', '1']]), unset: [] }, { lifetime: LONG }), /refused/);
      database.exec('DROP TRIGGER refuse');
      deepStrictEqual(store.get(id), { user: 'Ada', visits: 1 });
      database.exec('BEGIN');
      database.exec('COMMIT');

    });

  });

}

describe('The options of SqliteStore', () => {

  const database = { exec() {}, prepare: () => ({ get() {}, all: () => [], run() {} }) };

  it('are checked', () => {

    const wrong: ReadonlyArray<readonly [unknown, RegExp]> = [
      [{}, /^database is undefined: it must be an open handle of node:sqlite, better-sqlite3 or libsql$/],
      [{ database: 'sessions.db' }, /^database is "sessions\.db": it must be/],
      [{ database: { exec() {} } }, /^database is an Object: it must be/],
      [{ database: null }, /^database is null/],
      [{ database, table: '' }, /^table is "": it must be a name of up to 63 letters, digits and _$/],
      [{ database, table: 'a"b' }, /^table is "a\\"b"/],
      [{ database, table: 'a b' }, /^table is "a b"/],
      [{ database, table: '1a' }, /^table is "1a"/],
      [{ database, table: 'x'.repeat(64) }, /^table is "x/],
      [{ database, table: 5 }, /^table is 5/],
      [{ database, tabel: 'a' }, /^option tabel is unknown: it must be database or table$/],
    ];
    for (const [options, message] of wrong) {
      throws(() => new SqliteStore(options as never), (error: Error) => {
        ok(error instanceof TypeError);
        match(error.message, message);
        return true;
      });
    }
    for (const table of ['sessions', '_', 'Select', 'x'.repeat(63), undefined]) {
      const store: SessionStore & { close(): void } = new SqliteStore({ database, ...(table === undefined ? {} : { table }) });
      store.close();
    }

  });

  it('need no table: a store can be made before it is set up', () => {

    const store = new SqliteStore({ database: { ...database, prepare: () => { throw new Error('too early'); } } });
    throws(() => store.scheduleGc(0), TypeError);
    store.scheduleGc(60);
    store.close();

  });

});

function newFile(): string {

  return join(temporaryFolder(), 'sessions.db');

}

function record(entries: ReadonlyArray<readonly [string, unknown]>): Record<string, unknown> {

  const values = Object.create(null);
  for (const [key, value] of entries) values[key] = value;
  return values;

}
