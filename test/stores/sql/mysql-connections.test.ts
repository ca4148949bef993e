import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import mysqlWithCallbacks from 'mysql2';
import mysql from 'mysql2/promise';
import { SessionStoreError } from '../../../src/base/errors.js';
import { MysqlStore } from '../../../src/stores/mysql-store.js';
import { fromTexts, toTexts } from '../../../src/values/session-values.js';
import { mysqlUrl } from '../../support/servers/addresses.js';
import { startMariadb } from '../../support/servers/mariadb.js';
import type { Server } from '../../support/servers/server.js';
import { type Page, site } from '../../support/site.js';
import { hostileTexts } from './hostile-texts.js';
import { isTriedOutOnce } from './sql-promises.js';
import { markOf } from '../../support/mark-of.js';

const DATABASE = 'session_connection_tests';

let admin: mysql.Pool;
const closing: Array<() => unknown> = [];

before(async () => {
  const connection = await mysql.createConnection(mysqlUrl());
  await connection.query(`DROP DATABASE IF EXISTS ${DATABASE}`);
  await connection.query(`CREATE DATABASE ${DATABASE}`);
  await connection.end();
  admin = mysql.createPool({ uri: mysqlUrl(), database: DATABASE });
  closing.push(() => admin.end());
});
after(async () => {
  await admin.query(`DROP DATABASE ${DATABASE}`);
  for (const close of closing) await close();
});

function poolWith(options: mysql.PoolOptions = {}, ...statements: string[]): mysql.Pool {

  const pool = mysql.createPool({ uri: mysqlUrl(), database: DATABASE, ...options });
  for (const statement of statements) pool.on('connection', connection => connection.query(statement));
  closing.push(() => pool.end());
  return pool;

}

function storeWith(pool: mysql.Pool, table = 'sessions'): MysqlStore {

  const store = new MysqlStore({ pool, table });
  closing.push(() => store.close());
  return store;

}

describe('MysqlStore on a connection', () => {

  before(() => storeWith(admin).setup());

  for (const [how, options, ...statements] of [
    ['with latin1', { charset: 'latin1' }],
    ['with ascii', { charset: 'ascii' }],
    ['with big5', { charset: 'big5' }],
    ['with gbk', { charset: 'gbk' }],
    ['with sjis', { charset: 'sjis' }],
    ['with cp932', { charset: 'cp932' }],
    ['with cp1251', { charset: 'cp1251' }],
    ['with utf8 of three bytes', { charset: 'utf8' }],
    ['with latin1 in its address', { uri: `${mysqlUrl()}?charset=latin1` }],
    ['that has latin1 on the server only', {}, 'SET NAMES latin1'],
    ['that has gbk on the server only', {}, 'SET NAMES gbk'],
    ['that compares in ucs2', {}, 'SET collation_connection = ucs2_bin'],
    ['without backslashes', {}, "SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')"],
    ['with names between double quotes', {}, "SET sql_mode = 'ANSI'"],
    ['without a strict mode', { charset: 'latin1' }, "SET sql_mode = ''"],
    ['whose rows are lists', { rowsAsArray: true }],
    ['whose rows are tables', { nestTables: true }],
    ['whose rows have prefixes', { nestTables: '_' as never }],
    ['whose types are not read', { typeCast: false }],
    ['whose types are read as null', { typeCast: () => null }],
    ['with named placeholders', { namedPlaceholders: true }],
    ['with dates and numbers as texts', { dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, decimalNumbers: true }],
    ['that counts changed rows', { flags: ['-FOUND_ROWS'] }],
  ] as Array<[string, mysql.PoolOptions, ...string[]]>) {

    it(`${how} returns exactly what was stored`, () => hostileTexts(storeWith(poolWith(options, ...statements)), storeWith(admin)));

  }

  it('with latin1 reads and changes rows of an earlier version, which did not escape', async () => {

    const store = storeWith(poolWith({ charset: 'latin1' }));
    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    const former = { '\u0416': '"\u0122\u{1f600}"', 'caf\u00e9': '"\u20ac"' };
    await admin.query('UPDATE sessions SET data = ? WHERE handle = ?', [JSON.stringify(former), store.handleOf(id)]);
    assert.deepEqual(await store.get(id), { '\u0416': '\u0122\u{1f600}', 'caf\u00e9': '\u20ac' });
    await store.update(id, { set: toTexts({ 'caf\u00e9': 'new' }), unset: ['\u0416'] }, { lifetime: 60 });
    assert.deepEqual(await store.get(id), { 'caf\u00e9': 'new' });
    await store.update(id, { set: toTexts({ b: 1 }), unset: ['caf\u00e9'] }, { lifetime: 60 });
    assert.deepEqual(await store.get(id), { b: 1 });

  });

  for (const [how, message, options, ...statements] of [
    ['that commits nothing', /autocommit is 0/, {}, 'SET autocommit = 0'],
    ['whose columns have names in utf16', /Rows come back in another form/, {}, 'SET character_set_results = utf16'],
    ['that reads an empty text as NULL', /a session can't be listed: .*EMPTY_STRING_IS_NULL/, {}, "SET sql_mode = 'EMPTY_STRING_IS_NULL'"],
    ['whose time was set', /the time does not go on .*SET timestamp/, {}, 'SET timestamp = 1000000'],
    ['whose time does not move', /the time does not go on .*SET timestamp/, {}, 'SET timestamp = UNIX_TIMESTAMP(NOW(6))'],
    ['that reads braces as letters', /can't keep sessions: /, {}, 'SET NAMES swe7'],
  ] as Array<[string, RegExp, mysql.PoolOptions, ...string[]]>) {

    it(`${how} is refused by setup() and by the first use, with the reason`, async () => {

      const store = storeWith(poolWith(options, ...statements));
      await assert.rejects(store.setup(), message);
      const other = storeWith(poolWith(options, ...statements));
      const id = other.newSessionId();
      await assert.rejects(other.load(id), message);
      await assert.rejects(other.create(id, toTexts({ a: 1 }), { lifetime: 60 }), message);
      assert.equal(await storeWith(admin).load(id), null);

    });

  }

  for (const [how, form, options] of [
    ['as the store expects them', 'string', {}],
    ['in a form of their own', 'object', { rowsAsArray: true }],
  ] as const) {

    it(`whose rows come ${how} executes statements ${form === 'string' ? 'without options, which is faster' : 'with options'}`, async () => {

      const pool = poolWith(options);
      const forms: string[] = [];
      const store = storeWith({
        getConnection: () => pool.getConnection(),
        execute: (...statement: Parameters<typeof pool.execute>) => {
          forms.push(typeof statement[0]);
          return pool.execute(...statement);
        },
      } as never);
      await store.setup();
      forms.length = 0;
      assert.equal(await store.load(store.newSessionId()), null);
      assert.deepEqual(forms, [form]);

    });

  }

  it('is tried out once, and again after a failure', async () => {

    const pool = poolWith();
    await isTriedOutOnce(beforeEach => storeWith({
      getConnection: () => pool.getConnection(),
      execute: async (...statement: Parameters<typeof pool.execute>) => {
        beforeEach();
        return pool.execute(...statement);
      },
    } as never));

  });

  it('that is not a pool is refused: sessions would take part in the application\'s transactions', async () => {

    const single = await mysql.createConnection({ uri: mysqlUrl(), database: DATABASE });
    const withCallbacks = mysqlWithCallbacks.createPool({ uri: mysqlUrl(), database: DATABASE });
    closing.push(() => single.end(), () => withCallbacks.promise().end());
    const pool = poolWith();
    const taken = await pool.getConnection();
    const wrapper = { execute: (...args: [string]) => taken.execute(...args) };
    try {
      for (const each of [single, taken, wrapper, withCallbacks, mysql.createPoolCluster(), { query() {} }]) {
        assert.throws(() => new MysqlStore({ pool: each as never }), { name: 'TypeError', message: /pool .*must be a pool of mysql2\/promise.*ROLLBACK/ });
      }
      await hostileTexts(storeWith(withCallbacks.promise() as never), storeWith(admin));
    } finally {
      taken.release();
    }

  });

  it('that finds the table of another program leaves it alone', async () => {

    await admin.query('CREATE TABLE others (session_id VARCHAR(128) NOT NULL PRIMARY KEY, expires INT, data MEDIUMTEXT)');
    const described = async () => (await admin.query('SHOW CREATE TABLE others'))[0];
    const before = await described();
    const store = storeWith(admin, 'others');
    await assert.rejects(store.setup(), /The table `others` can't keep sessions: it is not one of this store. Choose another name with the option table/);
    await assert.rejects(store.load('x'), /Choose another name with the option table/);
    assert.deepEqual(await described(), before);
    await assert.rejects(storeWith(admin, 'missing').load('x'), /The table `missing` can't keep sessions: it does not exist/);

  });

  it('has no row left from being tried out', async () => {

    const [[row]] = await admin.query<mysql.RowDataPacket[]>("SELECT COUNT(*) AS count FROM sessions WHERE handle LIKE 't:%'");
    assert.equal(row?.count, 0);

  });

});

describe('MysqlStore on a server that reads small packets', () => {

  const PACKET = 1024 * 1024;

  let server: Server;
  let pool: mysql.Pool;
  let store: MysqlStore;

  before(async () => {
    server = await startMariadb(`--max-allowed-packet=${PACKET}`, '--innodb-log-file-size=64M');
    pool = mysql.createPool(server.url);
    store = new MysqlStore({ pool });
    await store.setup();
  });
  after(async () => {
    store.close();
    await pool.end();
    await server.kill();
  });

  const text = (length: number) => JSON.stringify('x'.repeat(length));

  it('refuses a session that it could not read again, and no smaller one', async () => {

    const id = store.newSessionId();
    await assert.rejects(store.create(id, new Map([['a', text(PACKET - 100)]]), { lifetime: 60 }), /max_allowed_packet/);
    assert.equal(await store.load(id), null);
    await assert.rejects(store.set(id, { a: 'x'.repeat(PACKET - 100) }, Date.now() / 1000 + 60), /max_allowed_packet/);
    await store.create(id, new Map([['a', text(PACKET / 2)]]), { lifetime: 60 });
    await assert.rejects(store.update(id, { set: new Map([['b', text(PACKET / 2)]]), unset: [] }, { lifetime: 60 }), /max_allowed_packet/);
    const next = store.newSessionId(id);
    await assert.rejects(store.move(id, next, { set: new Map([['b', text(PACKET / 2)]]), unset: [] }, { lifetime: 60 }), /max_allowed_packet/);
    assert.deepEqual(await store.get(id), { a: 'x'.repeat(PACKET / 2) });
    assert.equal(await store.update(id, { set: new Map([['b', text(PACKET / 2 - 20_000)]]), unset: [] }, { lifetime: 60 }), 'updated');
    const found = await store.load(id);
    assert.ok(found?.status === 'live');
    assert.deepEqual(Object.keys(fromTexts(found.texts)), ['a', 'b']);

  });

  it('can end a session that it can\'t read, alone and with all of its user', async () => {

    const newInfo = { info: { user: 'ada', details: '' } };
    const [one, two] = [store.newSessionId(), store.newSessionId()];
    for (const id of [one, two]) {
      await store.create(id, new Map([['a', text(PACKET / 2)]]), { lifetime: 60, newInfo });
      // Such a row can come from a version that did not check, or from before the limit was lowered.
      const half = PACKET / 2;
      await pool.query(`UPDATE sessions SET data = CONCAT(data, REPEAT(' ', ${half - 100})) WHERE handle = ?`, [store.handleOf(id)]);
      const found = await store.load(id);
      assert.ok(found?.status === 'live');
      assert.deepEqual(found.info, newInfo.info);
      const saysWhy = (error: unknown) => error instanceof SessionStoreError && /max_allowed_packet/.test(String(error.cause));
      assert.throws(() => found.texts.get('a'), saysWhy);
      assert.throws(() => [...found.texts], saysWhy);
      await assert.rejects(store.get(id), SessionStoreError);
      assert.equal(await store.touch(id, 90), true);
    }
    assert.equal(await store.end(one), true);
    assert.deepEqual(await store.endSessionsOf('ada'), [store.handleOf(two)]);
    for (const id of [one, two]) assert.deepEqual(markOf(await store.load(id)), { status: 'retired', moved: false });

  });

  it('lets a visitor sign out of a session that it can\'t read', async () => {

    const pages: Record<string, Page> = {
      '/write': ctx => {
        ctx.session.text = 'x'.repeat(PACKET / 2);
      },
      '/read': ctx => Object.keys(ctx.session),
      '/out': ctx => {
        ctx.session = null;
      },
    };
    await pool.query('DELETE FROM sessions');
    const { browser } = site(pages, { store });
    assert.equal((await browser.get('/write')).status, 200);
    await pool.query(`UPDATE sessions SET data = CONCAT(data, REPEAT(' ', ${PACKET / 2 - 100}))`);
    assert.equal((await browser.get('/read')).status, 503);
    assert.equal((await browser.get('/out')).status, 200);

  });

});

describe('MysqlStore on a server whose clock stops during a statement', () => {

  it('refuses it: a change that has waited for a lock would be executed too late', async () => {

    const server = await startMariadb('--sysdate-is-now');
    const pool = mysql.createPool(server.url);
    const store = new MysqlStore({ pool });
    try {
      await assert.rejects(store.setup(), /--sysdate-is-now/);
      await assert.rejects(store.load('x'), /--sysdate-is-now/);
    } finally {
      store.close();
      await pool.end();
      await server.kill();
    }

  });

});
