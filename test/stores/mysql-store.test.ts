import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import mysql from 'mysql2/promise';
import type { SessionChange } from '../../src/base/store.js';
import { MysqlStore } from '../../src/stores/mysql-store.js';
import { toTexts } from '../../src/values/session-values.js';
import { often } from '../support/often.js';
import { mysqlUrl } from '../support/servers/addresses.js';
import { startMariadb } from '../support/servers/mariadb.js';
import { failing } from '../testing/support/failing.js';
import { latePromises } from './sql/late-promises.js';
import { keepsTheContract, schemaOf, sqlPromises, type Table } from './sql/sql-promises.js';
import { userPromises } from './sql/sql-user-promises.js';

const DATABASE = 'session_store_tests';

let admin: mysql.Pool;
let executed = 0;

before(async () => {
  const connection = await mysql.createConnection(mysqlUrl());
  await connection.query(`DROP DATABASE IF EXISTS ${DATABASE}`);
  await connection.query(`CREATE DATABASE ${DATABASE}`);
  await connection.end();
  admin = counted(mysql.createPool({ uri: mysqlUrl(), database: DATABASE }));
});
after(async () => {
  await admin.query(`DROP DATABASE ${DATABASE}`);
  await admin.end();
});

const opened: Array<{ close(): void }> = [];
after(() => {
  for (const store of opened) store.close();
});

type Queries = Pick<mysql.Pool, 'execute' | 'getConnection'>;

/** A pool whose statements are counted inside, where the store asks it. */
function counted(pool: mysql.Pool): mysql.Pool {

  const inner = pool.pool as unknown as { execute(...statement: unknown[]): unknown };
  const execute = inner.execute.bind(inner);
  inner.execute = (...statement) => {
    executed++;
    return execute(...statement);
  };
  return pool;

}

async function open(table: string, pool: Queries = admin): Promise<MysqlStore> {

  const store = new MysqlStore({ pool, table });
  await store.setup();
  opened.push(store);
  return store;

}

const tableOf = (name: string): Table => ({
  rows: async () => (await admin.query<mysql.RowDataPacket[]>(`SELECT handle, id_hash, former, user_id, about, data, CAST(version AS CHAR) AS version, CAST(ends_at AS CHAR) AS ends_at FROM ${name} WHERE handle <> 'sweeper'`))[0] as never,
  damage: async (id, column, value) => {
    const [{ affectedRows }] = await admin.query<mysql.ResultSetHeader>(`UPDATE ${name} SET ${column} = ? WHERE handle = ?`, [value, id.slice(0, 16)]);
    assert.equal(affectedRows, 1);
  },
  executed: () => executed,
});

describe('MysqlStore', () => {

  describe('with a Pool keeps the contract', () => keepsTheContract(
    () => open('with_pool'), often(200),
    async commands => new MysqlStore({ pool: failing(admin, commands, ['query', 'execute', 'getConnection']), table: 'with_pool' }),
  ));

  describe('with numbers as texts and simultaneous assignments keeps the contract', () => {

    const pools: mysql.Pool[] = [];
    after(() => Promise.all(pools.map(pool => pool.end())));
    const openWithModes = async (table: string) => {
      const pool = counted(mysql.createPool({ uri: mysqlUrl(), database: DATABASE, supportBigNumbers: true, bigNumberStrings: true }));
      pools.push(pool);
      const [[row]] = await pool.query<mysql.RowDataPacket[]>('SELECT VERSION() AS version');
      // MySQL does not have this mode: it always assigns from left to right.
      if (/mariadb/i.test(row?.version)) pool.on('connection', connection => connection.query("SET sql_mode = CONCAT(@@sql_mode, ',SIMULTANEOUS_ASSIGNMENT')"));
      return open(table, pool);
    };
    keepsTheContract(() => openWithModes('with_modes'), 20);
    userPromises(() => openWithModes('users_with_modes'), () => tableOf('users_with_modes'), 20);

  });

  describe('in its table', () => sqlPromises(open, tableOf));

  describe('with users', () => {

    let second: mysql.Pool | undefined;
    after(() => second?.end());
    userPromises(
      () => open('with_users'), () => tableOf('with_users'), often(200),
      () => open('with_users', second ??= mysql.createPool({ uri: mysqlUrl(), database: DATABASE })),
    );

  });

  it('works on a table made by the SQL of its page, which is the table that setup() makes', async () => {

    await open('made_by_setup');
    await admin.query(schemaOf('mysql.md'));
    const described = async (table: string) => {
      const [[row]] = await admin.query<mysql.RowDataPacket[]>(`SHOW CREATE TABLE ${table}`) as never as [[Record<string, string>]];
      return row['Create Table']?.replaceAll(table, 'sessions');
    };
    assert.equal(await described('sessions'), await described('made_by_setup'));
    const store = await open('sessions');
    const id = store.newSessionId();
    await store.set(id, { a: 1 }, Date.now() / 1000 + 60);
    assert.deepEqual(await store.get(id), { a: 1 });

  });

  it('can remove any number of keys in one change', async () => {

    const store = await open('promises');
    for (const number of [1, 8, 9, 500]) {
      const id = store.newSessionId();
      const keys = Array.from({ length: number }, (_, index) => `key ${index}`);
      await store.create(id, toTexts(Object.fromEntries([...keys, 'kept'].map(key => [key, 1]))), { lifetime: 60 });
      assert.equal(await store.update(id, { set: toTexts({ new: 2 }), unset: keys }, { lifetime: 60 }), 'updated');
      assert.deepEqual(await store.get(id), { kept: 1, new: 2 });
      assert.equal(await store.update(id, { set: new Map(), unset: [...keys, 'kept', 'new'] }, { lifetime: 60 }), 'updated');
      assert.deepEqual(await store.get(id), {});
    }

  });

  it('lets the server merge few keys, or many into a short row: it reads the whole row for each key', async () => {

    const done: string[] = [];
    const store = await open('promises', {
      getConnection: () => admin.getConnection(),
      execute: async (statement: string | mysql.QueryOptions, values?: string[]) => {
        const answer = await admin.execute<mysql.ResultSetHeader>(statement as string, values);
        const sql = typeof statement === 'string' ? statement : statement.sql;
        const kind = /JSON_MERGE_PATCH/.test(sql) ? 'merge' : /SELECT|UPDATE/.exec(sql)?.[0];
        done.push(kind === 'merge' && answer[0].insertId === 0 ? 'refused' : String(kind));
        return answer;
      },
    } as Queries);
    const keys = (number: number) => Array.from({ length: number }, (_, index) => `key ${index}`);
    const setting = (number: number): SessionChange => ({ set: new Map(keys(number).map(key => [key, '"a value"'])), unset: [] });
    const removing = (number: number): SessionChange => ({ set: new Map(), unset: keys(number) });

    for (const change of [setting, removing]) {
      for (const [present, changed, expected] of [
        [4000, 8, 'merge'], [100, 100, 'merge'], [0, 100, 'merge'], [0, 4000, 'SELECT UPDATE'], [4000, 4000, 'SELECT UPDATE'], [4000, 50, 'refused SELECT UPDATE'],
      ] as const) {
        const id = store.newSessionId();
        await store.create(id, setting(present).set, { lifetime: 60 });
        done.length = 0;
        assert.equal(await store.update(id, change(changed), { lifetime: 60, patience: 20, maxBytes: 1_000_000 }), 'updated');
        assert.equal(done.join(' '), expected, `${changed} of ${present} by an update`);
        done.length = 0;
        assert.equal(await store.move(id, store.newSessionId(id), setting(changed), { lifetime: 60, patience: 20, maxBytes: 1_000_000 }), 'moved');
        assert.equal(done.join(' '), expected, `${changed} of ${present} by a move`);
      }
    }

  });

  it('asks a pool as the application has wrapped it', async () => {

    const pool = mysql.createPool({ uri: mysqlUrl(), database: DATABASE });
    const store = await open('promises', pool);
    let calls = 0;
    const { execute } = pool;
    pool.execute = ((...statement: Parameters<typeof execute>) => {
      calls++;
      return execute.apply(pool, statement);
    }) as typeof execute;
    assert.equal(await store.load(store.newSessionId()), null);
    assert.equal(calls, 1);
    await pool.end();

  });

  it('refuses unknown options, and anything else as a pool or a name', () => {

    const pool = admin;
    for (const [options, message] of [
      [{ pool, schema: 'a' }, /option schema is unknown: it must be pool or table/],
      [{}, /pool is undefined: it must be/], [{ pool: { query() {} } }, /pool is an Object: it must be/],
      [{ pool, table: 'a`; DROP TABLE b' }, /table is "a`; DROP TABLE b": it must be/], [{ pool, table: 5 }, /table is 5: it must be/],
    ] as const) {
      assert.throws(() => new MysqlStore(options as never), message);
    }

  });

});

describe('MysqlStore on a server that is late', () => latePromises(async () => {

  const server = await startMariadb();
  const pool = mysql.createPool(server.url);
  const store = new MysqlStore({ pool });
  return {
    store,
    server,
    lockRow: async id => {
      const connection = await pool.getConnection();
      await connection.query('START TRANSACTION');
      await connection.query('UPDATE sessions SET seen_at = seen_at WHERE handle = ?', [store.handleOf(id)]);
      return async () => {
        await connection.query('COMMIT');
        connection.release();
      };
    },
    close: () => pool.end(),
  };

}));
