import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { toTexts } from '../../src/values/session-values.js';
import { PostgresStore } from '../../src/stores/postgres-store.js';
import { often } from '../support/often.js';
import { postgresUrl } from '../support/servers/addresses.js';
import { startPostgres } from '../support/servers/postgres.js';
import type { Server } from '../support/servers/server.js';
import { failing } from '../testing/support/failing.js';
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
  const store = new PostgresStore({ pool: counted, table, ...(pool instanceof PGlite ? {} : { schema: SCHEMA }) });
  await store.setup();
  opened.push(store);
  return store;

}

/** @param name with its schema */
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

  describe('with PGlite keeps the contract', () => {

    let database: PGlite | undefined;
    after(() => database?.close());
    keepsTheContract(async () => open('sessions', (database ??= new PGlite()) as never), 20);

  });

  describe('in its table', () => sqlPromises(() => open('promises'), () => tableOf(`${SCHEMA}.promises`)));

  describe('with users', () => {

    let second: pg.Pool | undefined;
    after(() => second?.end());
    userPromises(
      () => open('with_users'), () => tableOf(`${SCHEMA}.with_users`), often(200),
      () => open('with_users', second ??= new pg.Pool({ connectionString: postgresUrl() })),
    );

  });

  describe('with users in PGlite', () => {

    let database: PGlite | undefined;
    after(() => database?.close());
    userPromises(async () => open('sessions', (database ??= new PGlite()) as never), () => tableOf('sessions', database), 20);

  });

  it('is set up by ten processes at once', async () => {

    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 10 }, () => open(`setup_${round}`)));
    }

  });

  it('works on a table that was made by the SQL of its page, which is what setup() makes', async () => {

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

  it('touches rows without touching an index', async () => {

    const store = await open('touched');
    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    const single = new pg.Pool({ connectionString: postgresUrl(), max: 1 });
    const hot = async () => {
      // Counters reach the view when the session that made them says so.
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

  it('lets the server remove some keys, and no thousands: it compares each with all that are there', async () => {

    const kinds: string[] = [];
    const store = await open('promises', Object.assign(Object.create(admin), {
      query: (...args: [{ text: string; values: unknown[] }]) => {
        const [{ text, values }] = args;
        const kind = /SELECT|UPDATE/.exec(text)?.[0];
        kinds.push(kind === 'UPDATE' && values.length > 7 && values[3] !== null ? `removes ${JSON.parse(String(values[3])).length}` : String(kind));
        return admin.query(...args);
      },
    }));
    const keys = Array.from({ length: 4000 }, (_, index) => `key ${index}`);
    for (const [removed, expected] of [[100, 'removes 100'], [101, 'SELECT UPDATE'], [4000, 'SELECT UPDATE']] as const) {
      const id = store.newSessionId();
      const change = { set: toTexts({ kept: 2 }), unset: keys.slice(0, removed) };
      for (const step of [
        () => store.update(id, change, { lifetime: 60, patience: 20, maxBytes: 1_000_000 }),
        () => store.move(id, store.newSessionId(id), change, { lifetime: 60, patience: 20, maxBytes: 1_000_000 }),
      ]) {
        await store.set(id, Object.fromEntries(keys.map(key => [key, 1])), Date.now() / 1000 + 60);
        kinds.length = 0;
        assert.match(await step(), /updated|moved/);
        assert.equal(kinds.join(' '), expected);
      }
    }

  });

  it('refuses what is no option, no pool and no name', () => {

    const pool = admin;
    for (const [options, message] of [
      [{ pool, tabel: 'a' }, /option tabel is unknown: it must be pool, table, schema or prepare/],
      [{}, /pool is undefined: it must be/], [{ pool: {} }, /pool is a Object: it must be/],
      [{ pool, table: 'a"; DROP TABLE b' }, /table is "a\\"; DROP TABLE b": it must be/], [{ pool, schema: '' }, /schema is "": it must be/],
      [{ pool, prepare: 'yes' }, /prepare is "yes": it must be true or false/],
    ] as const) {
      assert.throws(() => new PostgresStore(options as never), message);
    }

  });

});

describe('PostgresStore on a server that is late', () => {

  let server: Server;
  let pool: pg.Pool;
  let store: PostgresStore;

  before(async () => {
    server = await startPostgres();
    pool = new pg.Pool({ connectionString: server.url });
    pool.on('error', () => {});
    store = new PostgresStore({ pool });
    await store.setup();
  });
  after(async () => {
    store.close();
    await pool.end();
    await server.kill();
  });

  it('does nothing that was given up before', async () => {

    const id = store.newSessionId();
    const next = store.newSessionId(id);
    const created = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    await store.load(id);
    server.freeze();
    const late = [
      store.update(id, { set: toTexts({ a: 2 }), unset: [] }, { lifetime: 60, patience: 0.2 }),
      store.update(id, { set: new Map(), unset: ['a'] }, { lifetime: 60, patience: 0.2 }),
      store.move(id, next, { set: new Map(), unset: [] }, { lifetime: 60, patience: 0.2 }),
      store.create(created, toTexts({ a: 1 }), { lifetime: 60, patience: 0.2 }),
    ];
    await new Promise(resolve => setTimeout(resolve, 400));
    server.thaw();
    const answers = await Promise.allSettled(late);
    assert.deepEqual(answers.map(({ status }) => status), ['rejected', 'rejected', 'rejected', 'rejected']);
    assert.deepEqual(await store.get(id), { a: 1 });
    assert.equal(await store.load(created), null);

  });

  it('does nothing late after it has waited for another change of the row', async () => {

    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    await store.load(id);
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query('UPDATE sessions SET version = version + 1 WHERE handle = $1', [id.slice(0, 16)]);
    const late = store.update(id, { set: toTexts({ a: 2 }), unset: [] }, { lifetime: 60, patience: 0.2 });
    await new Promise(resolve => setTimeout(resolve, 400));
    await client.query('COMMIT');
    client.release();
    await assert.rejects(late, /given up/);
    assert.deepEqual(await store.get(id), { a: 1 });

  });

});
