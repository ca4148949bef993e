import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SqliteStore } from '../../../src/stores/sqlite-store.js';
import type { SqliteDatabase, SqliteStatement } from '../../../src/stores/sqlite/sqlite-driver.js';
import { texts } from '../../support/memory-store-at.js';
import { temporaryFolder } from '../../support/servers/server.js';
import { DRIVERS, type OpenDatabase, rows } from './sqlite-drivers.js';

const SCHEMA = 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name';

for (const [driver, open] of Object.entries(DRIVERS)) {

  describe(`A database that can't keep sessions, with ${driver}`, () => {

    const opened: OpenDatabase[] = [];
    const stores: SqliteStore[] = [];
    after(() => {
      for (const store of stores) store.close();
      for (const database of opened) database.close();
    });

    async function fresh(sql = ''): Promise<OpenDatabase> {

      const database = await open(join(temporaryFolder(), 'sessions.db'));
      database.exec(sql);
      opened.push(database);
      return database;

    }

    function storeOn(database: SqliteDatabase): SqliteStore {

      const store = new SqliteStore({ database });
      stores.push(store);
      return store;

    }

    /** Expects setup() and each first use to fail with this reason. */
    async function refuses(database: SqliteDatabase, message: string | RegExp): Promise<void> {

      await rejects(storeOn(database).setup(), { name: 'TypeError', message });
      const store = storeOn(database);
      const id = store.newSessionId();
      for (let times = 0; times < 2; times++) {
        throws(() => store.load(id), { name: 'TypeError', message });
        throws(() => store.create(id, texts({ a: 1 }), { lifetime: 60 }), { name: 'TypeError', message });
        throws(() => store.sessionsOf('ada'), { name: 'TypeError', message });
      }

    }

    it('has a table of another program under the name, which stays unchanged', async () => {

      for (const sql of [
        'CREATE TABLE sessions (id INTEGER PRIMARY KEY, handle TEXT); INSERT INTO sessions VALUES (1, \'x\')',
        'CREATE TABLE sessions (sid TEXT PRIMARY KEY, user_id TEXT, sess TEXT, expired TEXT); INSERT INTO sessions (sid) VALUES (\'a\')',
        'CREATE TABLE mine (sid TEXT); CREATE VIEW sessions AS SELECT sid FROM mine',
      ]) {
        const database = await fresh(sql);
        const before = [rows(database, SCHEMA), rows(database, 'SELECT * FROM sessions'), rows(database, 'PRAGMA journal_mode')];
        await refuses(database, /^table is "sessions", which exists and is not a table of this store \(it has no column \w+\): choose another name with the option table$/);
        deepStrictEqual([rows(database, SCHEMA), rows(database, 'SELECT * FROM sessions'), rows(database, 'PRAGMA journal_mode')], before);
        const other = new SqliteStore({ database, table: 'visits' });
        stores.push(other);
        await other.setup();
        strictEqual(other.create(other.newSessionId(), texts({ a: 1 }), { lifetime: 60 }), true);
      }

    });

    it('changes some characters, because its encoding is not UTF-8', async () => {

      for (const encoding of ['UTF-16le', 'UTF-16be']) {
        const database = await fresh(`PRAGMA encoding = '${encoding}'; CREATE TABLE mine (a)`);
        await refuses(database, `database can't keep sessions: its text encoding is ${encoding}, which changes some characters: the store needs UTF-8`);
      }

    });

    it('does not return what was written', async () => {

      const database = await fresh();
      await storeOn(database).setup();
      database.exec(`CREATE TRIGGER other AFTER INSERT ON sessions
        BEGIN UPDATE sessions SET data = replace(data, char(8364), '?') WHERE handle = NEW.handle; END`);
      const message = 'database can\'t keep sessions: it does not give back what was written (data)';
      await rejects(storeOn(database).setup(), { name: 'TypeError', message });
      throws(() => storeOn(database).create(storeOn(database).newSessionId(), texts({ a: 1 }), { lifetime: 60 }), { message });
      deepStrictEqual(rows(database, 'SELECT * FROM sessions'), []);

    });

    it('has a handle that returns promises, or texts as bytes', async () => {

      const database = await fresh();
      await storeOn(database).setup();
      await refuses(around(database, async answer => answer), 'database can\'t keep sessions: it answers with promises');
      await refuses({ exec: (sql: string) => database.exec(sql), prepare: async (sql: string) => database.prepare(sql) } as never,
        'database can\'t keep sessions: it answers with promises');
      const asBytes = (row: unknown) => row && Object.values(row).map(value => typeof value === 'string' ? Buffer.from(value) : value);
      await refuses(around(database, asBytes), 'database can\'t keep sessions: it returns no rows of texts');

    });

    it('is distinguished from one that is not set up yet', async () => {

      const database = await fresh();
      const store = storeOn(database);
      const id = store.newSessionId();
      throws(() => store.load(id), /no such table/);
      await storeOn(database).setup();
      strictEqual(store.create(id, texts({ a: 1 }), { lifetime: 60 }), true);

    });

  });

  it(`A table may have more columns than the store needs, and trying it out leaves no trace, with ${driver}`, async () => {

    const database = await open(join(temporaryFolder(), 'sessions.db'), { bigInts: true });
    const store = new SqliteStore({ database });
    await store.setup();
    database.exec('ALTER TABLE sessions ADD COLUMN note TEXT');
    await store.setup();
    deepStrictEqual(rows(database, 'SELECT handle FROM sessions'), []);
    const another = new SqliteStore({ database });
    const id = another.newSessionId();
    strictEqual(another.create(id, texts({ a: 1 }), { lifetime: 60 }), true);
    strictEqual(rows(database, 'SELECT handle FROM sessions').length, 1);
    ok(await store.get(id));
    for (const each of [store, another]) each.close();
    database.close();

  });

}

/** A handle whose rows a function changes. */
function around(database: SqliteDatabase, change: (answer: unknown) => unknown): SqliteDatabase {

  return {
    exec: sql => database.exec(sql),
    prepare: sql => {
      const statement = database.prepare(sql) as SqliteStatement & { raw?(is: boolean): unknown };
      return {
        raw: (is: boolean) => statement.raw?.(is),
        get: (...parameters) => change(statement.get(...parameters)),
        all: (...parameters) => change(statement.all(...parameters)) as unknown[],
        run: (...parameters) => statement.run(...parameters),
      } as SqliteStatement;
    },
  };

}
