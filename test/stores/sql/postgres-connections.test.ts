import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { openStore } from '../../../src/open/open-store.js';
import { PostgresStore } from '../../../src/stores/postgres-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { postgresUrl } from '../../support/servers/addresses.js';
import { hostileTexts } from './hostile-texts.js';
import { isTriedOutOnce } from './sql-promises.js';

/** Encodings of databases. */
const ENCODINGS = ['UTF8', 'LATIN1', 'SQL_ASCII', 'EUC_JP', 'WIN1251'];

const nameOf = (encoding: string) => `session_tests_${encoding.toLowerCase()}`;

let admin: pg.Pool;
const closing: Array<() => unknown> = [];

before(async () => {
  admin = new pg.Pool({ connectionString: postgresUrl() });
  for (const encoding of ENCODINGS) {
    await admin.query(`DROP DATABASE IF EXISTS ${nameOf(encoding)}`);
    await admin.query(`CREATE DATABASE ${nameOf(encoding)} ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
  }
});
after(async () => {
  for (const close of closing) await close();
  for (const encoding of ENCODINGS) await admin.query(`DROP DATABASE ${nameOf(encoding)} WITH (FORCE)`);
  await admin.end();
});

function poolOf(encoding: string, options: pg.PoolConfig = {}, ...statements: string[]): pg.Pool {

  const url = new URL(postgresUrl());
  url.pathname = nameOf(encoding);
  const pool = new pg.Pool({ connectionString: url.href, max: 3, ...options });
  pool.on('error', () => {});
  for (const statement of statements) pool.on('connect', client => client.query(statement));
  closing.push(() => pool.end());
  return pool;

}

function storeWith(pool: ConstructorParameters<typeof PostgresStore>[0]['pool'], options: { prepare?: boolean; table?: string } = {}): PostgresStore {

  const store = new PostgresStore({ pool, ...options });
  closing.push(() => store.close());
  return store;

}

/** A pool whose types are read by a function of the application. */
function reading(read: (text: string | Buffer) => unknown): pg.PoolConfig {

  return { types: { getTypeParser: () => read } as never };

}

describe('PostgresStore', () => {

  for (const encoding of ENCODINGS) {

    it(`returns exactly what was stored in a database in ${encoding}`, async () => {

      const store = storeWith(poolOf(encoding));
      await store.setup();
      await hostileTexts(store, storeWith(poolOf(encoding), { prepare: false }));

    });

  }

  for (const [how, options, ...statements] of [
    ['in LATIN1', { client_encoding: 'LATIN1' }],
    ['in SJIS', { client_encoding: 'SJIS' }],
    ['in EUC_JP', {}, "SET client_encoding = 'EUC_JP'"],
    ['whose strings have escapes', {}, 'SET standard_conforming_strings = off'],
    ['in another time zone', {}, "SET TIME ZONE 'Asia/Kathmandu'"],
    ['with short numbers', {}, 'SET extra_float_digits = -15'],
    ['whose types are read as bytes', reading(text => Buffer.from(text as string))],
    ['whose types are read as nothing', reading(() => undefined)],
    ['whose types are read as JSON', reading(text => JSON.parse(text as string))],
    ['that reads binary', { binary: true } as never],
    ['that reads binary by a function of the application', { binary: true, ...reading(() => 5) } as never],
  ] as Array<[string, pg.PoolConfig, ...string[]]>) {

    it(`returns exactly what was stored over a connection ${how}`, async () => {

      const store = storeWith(poolOf('UTF8', options, ...statements));
      await store.setup();
      await hostileTexts(store, storeWith(poolOf('UTF8')));

    });

  }

  it('returns exactly what was stored in a PGlite whose types are read as something else', async () => {

    const database = new PGlite({ parsers: { 25: () => 'something else', 20: () => null } });
    closing.push(() => database.close());
    const store = storeWith(database);
    await store.setup();
    await hostileTexts(store, storeWith(database));

  });

  it('reads and changes rows of an earlier version, which did not escape', async () => {

    const pool = poolOf('UTF8', { client_encoding: 'LATIN1' });
    const store = storeWith(pool);
    await store.setup();
    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    const former = { '\u0416': '"\u0122\u{1f600}"', 'caf\u00e9': '"\u20ac"' };
    const utf8 = poolOf('UTF8');
    await utf8.query('UPDATE sessions SET data = $1 WHERE handle = $2', [JSON.stringify(former), store.handleOf(id)]);
    assert.deepEqual(await storeWith(utf8).get(id), { '\u0416': '\u0122\u{1f600}', 'caf\u00e9': '\u20ac' });
    await store.update(id, { set: toTexts({ 'caf\u00e9': 'new' }), unset: ['\u0416'] }, { lifetime: 60 });
    assert.deepEqual(await storeWith(utf8).get(id), { 'caf\u00e9': 'new' });
    await store.update(id, { set: toTexts({ b: 1 }), unset: ['caf\u00e9'] }, { lifetime: 60 });
    assert.deepEqual(await store.get(id), { b: 1 });

  });

  it('refuses a pool that changes texts, at setup() and at the first use, with the reason', async () => {

    const pool = poolOf('UTF8');
    await storeWith(pool).setup();
    for (const [change, message] of [
      [(answer: string) => answer.replace('"', '\''), /can't keep sessions: .*comes back different from what was written.*character set/],
      [() => undefined, /can't keep sessions: Rows come back in another form/],
      [() => 'soon', /can't keep sessions: /],
    ] as Array<[(answer: string) => unknown, RegExp]>) {
      const wrapper = Object.assign(Object.create(pool), {
        query: async (statement: { text: string }) => {
          const { rows } = await pool.query(statement);
          return { rows: rows.map(({ answer }) => ({ answer: statement.text.includes('SELECT') ? change(answer) : answer })) };
        },
      });
      await assert.rejects(storeWith(wrapper).load('x'), message);
      await assert.rejects(storeWith(wrapper).create('x', toTexts({ a: 1 }), { lifetime: 60 }), message);
      assert.equal(await storeWith(pool).load('x'), null);
    }

  });

  it('adds no index to the table of another program that has columns of the same names', async () => {

    const pool = poolOf('UTF8');
    await pool.query(`CREATE TABLE alike (handle text PRIMARY KEY, id_hash text, former text, user_id text, about text, data text,
      version bigint, ends_at bigint, seen_at bigint, owner text NOT NULL)`);
    await assert.rejects(storeWith(pool, { table: 'alike' }).setup(), /The table "alike" can't keep sessions: it is not one of this store. Choose another name with the option table/);
    const { rows } = await pool.query("SELECT indexname FROM pg_indexes WHERE tablename = 'alike'");
    assert.deepEqual(rows, [{ indexname: 'alike_pkey' }]);

  });

  it('tries a pool out once, and again after a failure', async () => {

    const pool = poolOf('UTF8');
    await isTriedOutOnce(beforeEach => storeWith(Object.assign(Object.create(pool), {
      query: async (statement: string) => {
        beforeEach();
        return pool.query(statement);
      },
    })));

  });

  it('refuses a single connection: sessions would take part in the application\'s transactions', async () => {

    const pool = poolOf('UTF8');
    const single = new pg.Client(postgresUrl());
    const taken = await pool.connect();
    const database = new PGlite();
    closing.push(() => database.close());
    const wrapper = { query: (text: string, values: unknown[]) => taken.query(text, values) };
    const refused = (each: unknown) => assert.throws(
      () => new PostgresStore({ pool: each as never }), { name: 'TypeError', message: /pool .*must be a Pool of pg or a PGlite.*ROLLBACK/ },
    );
    try {
      for (const each of [single, taken, wrapper, { query() {}, connect() {} }]) refused(each);
      await database.transaction(async transaction => refused(transaction));
    } finally {
      taken.release();
    }

  });

  it('leaves the table of another program alone', async () => {

    const pool = poolOf('UTF8');
    await pool.query('CREATE TABLE others (sid varchar PRIMARY KEY, user_id bigint, sess json NOT NULL, expire timestamp NOT NULL)');
    const indexes = async () => (await pool.query("SELECT indexname FROM pg_indexes WHERE tablename = 'others'")).rows;
    const before = await indexes();
    const store = storeWith(pool, { table: 'others' });
    await assert.rejects(store.setup(), /The table "others" can't keep sessions: it is not one of this store. Choose another name with the option table/);
    await assert.rejects(store.load('x'), /Choose another name with the option table/);
    assert.deepEqual(await indexes(), before);
    await assert.rejects(storeWith(pool, { table: 'missing' }).load('x'), /The table "missing" can't keep sessions: it does not exist/);

  });

  for (const [prepare, named] of [['true', true], ['false', false]] as const) {

    it(`prepares ${named ? 'statements' : 'nothing'} if its address says prepare=${prepare}, which a pooler may need`, async t => {

      const { mock } = t.mock.method(pg.Client.prototype, 'query');
      const url = new URL(postgresUrl());
      url.pathname = nameOf('UTF8');
      const store = await openStore(`${url}?prepare=${prepare}`);
      const id = await store.newSessionId();
      await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
      assert.deepEqual(await store.get(id), { a: 1 });
      await store.close();
      const names = mock.calls.map(({ arguments: [statement] }) => (statement as { name?: string }).name).filter(name => name);
      assert.equal(names.length > 0, named);

    });

  }

  it('refuses an address with any other value of prepare', async () => {

    await assert.rejects(openStore(`${postgresUrl()}?prepare=no`), { name: 'TypeError', message: /prepare is "no": it must be true or false/ });

  });

  it('has no row left from trying a pool out', async () => {

    const { rows } = await poolOf('UTF8').query("SELECT handle FROM sessions WHERE handle LIKE 't:%'");
    assert.deepEqual(rows, []);

  });

});
