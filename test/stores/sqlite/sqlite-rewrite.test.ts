import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SqliteStore } from '../../../src/stores/sqlite-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { temporaryFolder } from '../../support/servers/server.js';
import { DRIVERS, type OpenDatabase } from './sqlite-drivers.js';

const TERMS = { lifetime: 60 };
const TEXTS = toTexts({ a: 1 });
const CHANGE = { set: toTexts({ b: 2 }), unset: [] };

for (const [driver, open] of Object.entries(DRIVERS)) {

  describe(`A change of loaded texts with ${driver}`, () => {

    const ends: Array<() => unknown> = [];
    after(() => {
      for (const end of ends) end();
    });

    let reads = 0;

    async function fresh(table: string, database: OpenDatabase) {

      const prepare = (sql: string) => {
        const statement = database.prepare(sql);
        const get = statement.get.bind(statement);
        statement.get = (...parameters: Array<string | number>) => {
          reads++;
          return get(...parameters);
        };
        return statement;
      };
      const counted = new Proxy(database, {
        get: (target, name) => {
          if (name === 'prepare') return prepare;
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const store = new SqliteStore({ database: counted, table });
      ends.unshift(() => store.close());
      await store.setup();
      return store;

    }

    const textsOf = async (store: SqliteStore, id: string) => {
      const found = await store.load(id);
      return found?.status === 'live' ? found.texts : undefined;
    };

    it('does not read the row again unless it has changed, and ignores texts of another session or store', async () => {

      const database = await open(join(temporaryFolder(), 'sessions.db'));
      ends.push(() => database.close());
      const store = await fresh('one', database);
      const other = await fresh('other', database);
      const id = store.newSessionId();
      const stranger = store.newSessionId();
      await store.create(id, TEXTS, TERMS);
      await store.create(stranger, toTexts({ c: 3 }), TERMS);
      await other.create(id, toTexts({ c: 3 }), TERMS);
      const loaded = await textsOf(store, id);

      for (const [texts, expected, values] of [
        [await textsOf(store, stranger), 1, { a: 1, b: 2 }],
        [await textsOf(other, id), 1, { a: 1, b: 2 }],
        [loaded, 1, { a: 1, b: 2 }],
        [await textsOf(store, id), 1, { a: 1, b: 2 }],
      ] as const) {
        reads = 0;
        strictEqual(await store.update(id, CHANGE, { ...TERMS, loaded: texts }), 'updated');
        strictEqual(reads, expected);
        deepStrictEqual(await store.get(id), values);
      }
      const latest = await textsOf(store, id);
      reads = 0;
      strictEqual(await store.update(id, { set: new Map(), unset: ['a'] }, { ...TERMS, loaded: latest }), 'updated');
      strictEqual(reads, 0);
      deepStrictEqual(await store.get(id), { b: 2 });
      await store.end(id);
      strictEqual(await store.update(id, CHANGE, { ...TERMS, loaded: latest }), 'gone');

    });

    it('is merged into a session that was deleted and set again, also if its version is the same', async () => {

      const database = await open(':memory:');
      ends.push(() => database.close());
      const store = await fresh('sessions', database);
      const id = store.newSessionId();
      const end = Math.floor(Date.now() / 1000) + 600;
      await store.set(id, { secret: 'old' }, end);
      const { version } = database.prepare('SELECT version FROM sessions').get() as { version: number };
      const loaded = await textsOf(store, id);
      await store.delete(id);
      await store.set(id, { other: 'new' }, end);
      database.exec(`UPDATE sessions SET version = ${version}`);
      strictEqual(await store.update(id, CHANGE, { ...TERMS, loaded }), 'updated');
      deepStrictEqual(await store.get(id), { other: 'new', b: 2 });

    });

    it('is stored once by a handle that does not say how many rows a statement has changed', async () => {

      const database = await open(':memory:');
      ends.push(() => database.close());
      const prepare = database.prepare.bind(database);
      const silent = new Proxy(database, {
        get: (target, name) => {
          if (name === 'prepare') return (sql: string) => {
            const statement = prepare(sql);
            const run = statement.run.bind(statement);
            statement.run = (...parameters: Array<string | number>) => { run(...parameters); };
            return statement;
          };
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const store = await fresh('sessions', silent);
      const id = store.newSessionId();
      await store.create(id, TEXTS, TERMS);
      const found = await store.load(id);
      const { texts, version } = found?.status === 'live' ? found : { texts: undefined, version: undefined };
      strictEqual(await store.update(id, CHANGE, { ...TERMS, loaded: texts, version }), 'updated');
      strictEqual(await store.update(id, CHANGE, { ...TERMS, loaded: texts, version }), 'conflict');
      deepStrictEqual(await store.get(id), { a: 1, b: 2 });

    });

  });

}
