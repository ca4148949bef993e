import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { PostgresStore } from '../../src/stores/postgres-store.js';
import { toTexts } from '../../src/values/session-values.js';
import { often } from '../support/often.js';
import { postgresUrl } from '../support/servers/addresses.js';
import { startPostgres } from '../support/servers/postgres.js';
import { failing } from '../testing/support/failing.js';
import { latePromises } from './sql/late-promises.js';
import { keepsTheContract, schemaOf, sqlPromises, type Table } from './sql/sql-promises.js';
import { userPromises } from './sql/sql-user-promises.js';

const SCHEMA = 'store_tests';

let admin: pg.Pool;
let executed = 0;

before(async () => {
  admin = new pg.Pool({ connectionString: postgresUrl(), max: 20 });
  await admin.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE; CREATE SCHEMA ${SCHEMA}`);
});
after(async () => {
  await admin.query(`DROP SCHEMA ${SCHEMA} CASCADE`);
  await admin.end();
});

const opened: Array<{ close(): void }> = [];
after(() => {
  for (const store of opened) store.close();
});

/** A store whose statements are counted. */
async function open(table: string, pool: { query(...args: never[]): PromiseLike<{ rows: unknown[] }> } = admin): Promise<PostgresStore> {

  const query = (...args: never[]) => {
    executed++;
    return pool.query(...args);
  };
  const counted = Object.assign(Object.create(pool), { query });
  const store = new PostgresStore({ pool: counted, table, schema: SCHEMA });
  await store.setup();
  opened.push(store);
  return store;

}

/** @param name the name of the table with its schema */
const tableOf = (name: string, pool: { query(statement: string, values?: unknown[]): PromiseLike<{ rows: unknown[] }> } = admin): Table => ({
  rows: async () => (await pool.query(`SELECT handle, id_hash, former, user_id, about, data, version::text, ends_at::text FROM ${name} WHERE handle <> 'sweeper'`)).rows as never,
  damage: async (id, column, value) => {
    const { rows } = await pool.query(`UPDATE ${name} SET ${column} = $1 WHERE handle = $2 RETURNING 1`, [value, id.slice(0, 16)]);
    assert.equal(rows.length, 1);
  },
  executed: () => executed,
});

describe('PostgresStore', () => {

  describe('with a Pool of pg keeps the contract', () => keepsTheContract(
    () => open('with_pool'), often(200),
    async commands => new PostgresStore({ pool: failing(admin, commands, ['query', 'connect']), table: 'with_pool', schema: SCHEMA }),
  ));

  describe('in its table', () => sqlPromises(open, name => tableOf(`${SCHEMA}.${name}`)));

  describe('with users', () => {

    let second: pg.Pool | undefined;
    after(() => second?.end());
    userPromises(
      () => open('with_users'), () => tableOf(`${SCHEMA}.with_users`), often(200),
      () => open('with_users', second ??= new pg.Pool({ connectionString: postgresUrl() })),
    );

  });

  it('works on a table made by the SQL of its page, which is the table that setup() makes', async () => {

    await open('made_by_setup');
    await admin.query(`SET search_path TO ${SCHEMA}; ${schemaOf('postgres.md')}; RESET search_path`);
    const described = async (table: string) => (await admin.query(
      `SELECT column_name, data_type, collation_name, is_nullable, column_default FROM information_schema.columns
        WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`, [SCHEMA, table])).rows;
    const indexes = async (table: string) => (await admin.query(
      'SELECT indexdef FROM pg_indexes WHERE schemaname = $1 AND tablename = $2 ORDER BY indexdef', [SCHEMA, table],
    )).rows.map(({ indexdef }) => indexdef.replaceAll(table, 'sessions'));
    assert.deepEqual(await described('sessions'), await described('made_by_setup'));
    assert.deepEqual(await indexes('sessions'), await indexes('made_by_setup'));
    const options = async (table: string) => (await admin.query('SELECT reloptions FROM pg_class WHERE oid = $1::regclass', [`${SCHEMA}.${table}`])).rows;
    assert.deepEqual(await options('sessions'), await options('made_by_setup'));
    const store = await open('sessions');
    const id = store.newSessionId();
    await store.set(id, { a: 1 }, Date.now() / 1000 + 60);
    assert.deepEqual(await store.get(id), { a: 1 });

  });

  it('updates no index at a touch', async () => {

    const store = await open('touched');
    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    const single = new pg.Pool({ connectionString: postgresUrl(), max: 1 });
    const hot = async () => {
      // The view shows the counters of a database session after it has flushed them.
      await single.query('SELECT pg_stat_force_next_flush()');
      const { rows: [row] } = await single.query('SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = $2', [SCHEMA, 'touched']);
      return row;
    };
    const own = new PostgresStore({ pool: single, table: 'touched', schema: SCHEMA });
    opened.push(own);
    await own.setup();
    const before = await hot();
    for (let count = 1; count <= 50; count++) await own.touch(id, 60 + count);
    const after = await hot();
    await single.end();
    const [all, light] = ['n_tup_upd', 'n_tup_hot_upd'].map(name => Number(after[name]) - Number(before[name])) as [number, number];
    assert.equal(all, 50);
    assert.ok(light >= 49, `${light} of ${all}`);

  });

  it('lets the server set or remove thousands of keys in one statement', async () => {

    const store = await open('promises');
    const keys = Array.from({ length: 4000 }, (_, index) => `key ${index}`);
    const all = Object.fromEntries(keys.map(key => [key, 1]));
    for (const [change, expected] of [
      [{ set: toTexts({ kept: 2 }), unset: keys }, { kept: 2 }],
      [{ set: toTexts({ ...all, kept: 2 }), unset: [] }, { ...all, kept: 2 }],
    ] as const) {
      for (const isMoved of [false, true]) {
        const id = store.newSessionId();
        const newId = isMoved ? store.newSessionId(id) : id;
        const terms = { lifetime: 60, maxBytes: 1_000_000 };
        await store.set(id, all, Date.now() / 1000 + 60);
        const before = executed;
        assert.match(await (isMoved ? store.move(id, newId, change, terms) : store.update(id, change, terms)), /updated|moved/);
        assert.equal(executed - before, 1);
        assert.deepEqual(await store.get(newId), expected);
      }
    }

  });

  it('refuses unknown options, and anything else as a pool or a name', () => {

    const pool = admin;
    for (const [options, message] of [
      [{ pool, tabel: 'a' }, /option tabel is unknown: it must be pool, table, schema or prepare/],
      [{}, /pool is undefined: it must be/], [{ pool: {} }, /pool is an Object: it must be/],
      [{ pool, table: 'a"; DROP TABLE b' }, /table is "a\\"; DROP TABLE b": it must be/], [{ pool, schema: '' }, /schema is "": it must be/],
      [{ pool, prepare: 'yes' }, /prepare is "yes": it must be true or false/],
    ] as const) {
      assert.throws(() => new PostgresStore(options as never), message);
    }

  });

});

describe('PostgresStore on a server that is late', () => latePromises(async () => {

  const server = await startPostgres();
  const pool = new pg.Pool({ connectionString: server.url });
  pool.on('error', () => {});
  return {
    store: new PostgresStore({ pool }),
    server,
    lockRow: async id => {
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query('UPDATE sessions SET version = version + 1 WHERE handle = $1', [id.slice(0, 16)]);
      return async () => {
        await client.query('COMMIT');
        client.release();
      };
    },
    close: () => pool.end(),
  };

}));
