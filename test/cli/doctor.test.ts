import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { createPool, type Pool as MysqlPool } from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { mysqlUrl } from '../support/servers/addresses.js';
import { TABLE } from '../../src/stores/sqlite/sqlite-statements.js';
import { startMariadb } from '../support/servers/mariadb.js';
import { startPostgres } from '../support/servers/postgres.js';
import { startRedis } from '../support/servers/redis.js';
import { type Server, temporaryFolder } from '../support/servers/server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { DRIVERS } from '../stores/sqlite/sqlite-drivers.js';
import { command } from './support/command.js';
import { diagnosed, findings, made } from './support/doctor.js';

/** Rows that ended long ago, one for each of a query's numbers. */
const expired = (table: string, handle: string, from: string) => (
  `INSERT INTO ${table} (handle, id_hash, former, user_id, about, data, version, seen_at, ends_at)
   SELECT ${handle}, 'x', '', NULL, '', '{}', 1, 1, 1 FROM ${from}`);

describe('doctor, on Redis', () => {

  let server: Server;
  let client: ReturnType<typeof createClient>;
  const set = (...settings: readonly string[]) => client.sendCommand(['CONFIG', 'SET', ...settings]);
  before(async () => {
    server = await startRedis();
    client = createClient({ url: server.url }) as typeof client;
    await client.connect();
  });
  after(async () => {
    client.destroy();
    await server.kill();
  });

  it('finds nothing on a healthy server, and leaves nothing there but marks of ends', async () => {

    deepStrictEqual(await findings(server.url), []);
    for (const key of await client.keys('*')) ok(await client.pTTL(key) <= 86_400_000, key);

  });

  it('finds a server that evicts keys, one that is nearly full, and one that writes nothing to a disk', async () => {

    await set('maxmemory', '1gb', 'maxmemory-policy', 'allkeys-lru');
    deepStrictEqual(await findings(server.url), ['eviction']);
    const [, used] = /used_memory:(\d+)/.exec(await client.info('memory')) ?? [];
    await set('maxmemory-policy', 'noeviction', 'maxmemory', String(Math.round(Number(used) * 1.1)));
    deepStrictEqual(await findings(server.url), ['memory']);
    await set('maxmemory', '0', 'appendonly', 'no');
    deepStrictEqual(await findings(server.url), ['persistence']);
    await set('save', '3600 1');
    const { out } = await command(['doctor', '--store', server.url]);
    match(out, /warning {2}persistence +Only snapshots/);
    await set('appendonly', 'yes', 'save', '');

  });

  it('finds a user that lacks a command', async () => {

    await client.sendCommand(['ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-zadd']);
    deepStrictEqual(await findings(server.url.replace('//', '//app:secret@')), ['trial']);

  });

  it('finds a replica', async () => {

    await client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    deepStrictEqual(await findings(server.url), ['role']);
    await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);

  });

  it('finds a clock that is off, and a server that is far away', async t => {

    const now = Date.now.bind(Date);
    const clock = mock.method(Date, 'now', () => now() - 90_000);
    deepStrictEqual(await findings(server.url), ['clock']);
    clock.mock.restore();
    const proxy = await TcpProxy.start(server.url);
    t.after(() => proxy.close());
    proxy.slowDown(30);
    deepStrictEqual(await findings(proxy.url, []), ['latency']);

  });

});

describe('doctor, on PostgreSQL', () => {

  let server: Server;
  let pool: pg.Pool;
  const at = (table: string) => `${server.url}?table=${table}`;
  before(async () => {
    server = await startPostgres('-c', 'fsync=on');
    pool = new pg.Pool({ connectionString: server.url });
    pool.on('error', () => {});
  });
  after(async () => {
    await pool.end();
    await server.kill();
  });

  it('finds nothing on a healthy server', async () => {

    deepStrictEqual(await findings(await made(at('healthy'))), []);
    strictEqual((await pool.query('SELECT handle FROM healthy WHERE data <> $1 AND id_hash <> $2', ['{}', ''])).rowCount, 0);

  });

  it('finds a missing table, another program\'s, and one of which a role may not remove rows', async () => {

    deepStrictEqual(await findings(at('missing')), ['table']);
    await pool.query('CREATE TABLE other (handle text, price int)');
    const [other] = await diagnosed(at('other'));
    match(other?.says as string, /^The table other is one of another program: column "\w+" does not exist$/);
    await made(at('shared'));
    await pool.query('CREATE ROLE app LOGIN; GRANT SELECT, INSERT, UPDATE ON shared TO app');
    deepStrictEqual(await findings(at('shared').replace('postgres@', 'app@')), ['rights', 'trial']);

  });

  it('says what keeps a table from being read, and does not take it for another program\'s', async () => {

    await made(at('locked'));
    const other = await pool.connect();
    await other.query('BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE');
    const [found, ...more] = await diagnosed(`${at('locked')}&lock_timeout=100`);
    await other.query('ROLLBACK');
    other.release();
    deepStrictEqual([found?.name, more], ['table', []]);
    strictEqual(found?.says, 'The table locked can\'t be read: canceling statement due to lock timeout');

  });

  it('finds a table without an index, one that a crash empties, and one that is full of expired rows', async () => {

    await made(at('planted'));
    await pool.query('DROP INDEX planted_user_id; ALTER TABLE planted SET UNLOGGED');
    await pool.query(expired('planted', 'lpad(number::text, 16, \'0\')', 'generate_series(1, 3000) AS number'));
    deepStrictEqual(await findings(at('planted')), ['expired', 'index', 'unlogged']);

  });

  it('finds settings of the connection', async () => {

    await made(at('settings'));
    const given = (setting: string) => findings(`${at('settings')}&options=-c%20${setting}`);
    deepStrictEqual(await given('synchronous_commit=off'), ['durability']);
    deepStrictEqual(await given('default_transaction_isolation=serializable'), ['isolation']);
    deepStrictEqual(await given('default_transaction_read_only=on'), ['role']);

  });

});

describe('doctor, on MariaDB', () => {

  let pool: MysqlPool;
  let durability: unknown;
  const at = (table: string, url = mysqlUrl()) => `${url}?table=${table}`;
  const setDurability = (value: unknown) => pool.query(`SET GLOBAL innodb_flush_log_at_trx_commit = ${value}`);
  before(async () => {
    pool = createPool(mysqlUrl());
    const [[row]] = await pool.query('SELECT @@innodb_flush_log_at_trx_commit AS level') as unknown as [[{ level: unknown }]];
    durability = row.level;
    await setDurability(1);
  });
  after(async () => {
    await setDurability(durability);
    await pool.end();
  });

  it('finds nothing on a healthy server', async () => {

    deepStrictEqual(await findings(await made(at('healthy'))), []);

  });

  it('finds another program\'s table', async () => {

    await pool.query('CREATE OR REPLACE TABLE other (handle text, price int)');
    match((await diagnosed(at('other')))[0]?.says as string, /^The table other is one of another program: Unknown column/);
    deepStrictEqual((await diagnosed(at('missing')))[0]?.says, 'There is no table missing');

  });

  it('finds a table in another character set, of another engine, without an index', async () => {

    await made(at('planted'));
    await pool.query('ALTER TABLE planted DROP KEY user_id, CONVERT TO CHARACTER SET latin1, ENGINE = MyISAM');
    deepStrictEqual(await findings(at('planted')), ['engine', 'character-set', 'index']);

  });

  it('finds a user that may not remove rows', async () => {

    // Anyone may do anything in the database test.
    await pool.query('CREATE DATABASE IF NOT EXISTS doctor');
    const url = new URL(mysqlUrl());
    url.pathname = 'doctor';
    await made(at('shared', url.href));
    await pool.query('CREATE USER IF NOT EXISTS doctor@\'127.0.0.1\'');
    await pool.query('GRANT SELECT, INSERT, UPDATE ON doctor.shared TO doctor@\'127.0.0.1\'');
    url.username = 'doctor';
    deepStrictEqual(await findings(at('shared', url.href)), ['rights', 'trial']);

  });

  it('finds a server with --sysdate-is-now, small packets, fast commits and strict isolation', async t => {

    const server = await startMariadb('--sysdate-is-now', '--max-allowed-packet=1M', '--transaction-isolation=SERIALIZABLE');
    t.after(() => server.kill());
    const other = createPool(server.url);
    t.after(() => other.end());
    await other.query((await pool.query('SHOW CREATE TABLE healthy') as unknown as [[{ 'Create Table': string }]])[0][0]['Create Table']);
    deepStrictEqual(await findings(at('healthy', server.url)), ['sysdate', 'max-allowed-packet', 'durability', 'isolation', 'trial']);

  });

});

describe('doctor, on SQLite', () => {

  const [open] = Object.values(DRIVERS);
  const inFile = async (sql?: string) => {
    const file = join(temporaryFolder(), 'sessions.db');
    await made(`sqlite:${file}`);
    if (sql !== undefined) {
      const database = await open(file);
      database.exec(sql);
      database.close();
    }
    return file;
  };

  it('finds nothing in a healthy file', async () => {

    deepStrictEqual(await findings(`sqlite:${await inFile()}`), []);

  });

  it('finds another journal mode, a missing index, and expired rows', async () => {

    const numbers = '(WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < 3000) SELECT number FROM n)';
    const rows = expired('sessions', 'printf(\'%016d\', number)', numbers);
    const file = join(temporaryFolder(), 'sessions.db');
    const database = await open(file);
    database.exec(`${TABLE('sessions')}; ${rows}`);
    database.close();
    deepStrictEqual(await findings(`sqlite:${file}`), ['expired', 'journal-mode', 'index']);

  });

  it('finds a file that is read-only, one that is missing, and another program\'s table', async () => {

    const file = await inFile('CREATE TABLE other (price int)');
    match((await diagnosed(`sqlite:${file}?table=other`))[0]?.says as string, /^The table other is one of another program: no such column/);
    chmodSync(file, 0o444);
    ok((await findings(`sqlite:${file}`)).includes('read-only'));
    deepStrictEqual(await findings(`sqlite:${file}.missing`), ['reachable']);

  });

});
