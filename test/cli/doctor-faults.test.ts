import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from 'node:assert/strict';
import fs, { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { redisClusterUrls, redisUrl } from '../support/servers/addresses.js';
import { admin } from '../support/redis-fail-over.js';
import { startMariadb } from '../support/servers/mariadb.js';
import { startPostgres } from '../support/servers/postgres.js';
import { startRedis, startRedisCluster, startRedisClusterOfOne, startSentinel } from '../support/servers/redis.js';
import { type Server, temporaryFolder } from '../support/servers/server.js';
import { until } from '../support/until.js';
import { root } from './support/command.js';
import { diagnosed, findings, made } from './support/doctor.js';

/** Checks that the doctor finds only that a store can't be reached, why, and what to do. */
async function checkUnreachable(address: string, why: RegExp, todo: RegExp): Promise<void> {

  const [found, ...others] = await diagnosed(address);
  deepStrictEqual(others, []);
  strictEqual(found?.name, 'reachable', address);
  match(found.says, why);
  match(found.todo, todo);
  doesNotMatch(found.says, /wr0ng|The store at|\n/);

}

const PASSWORD = /^Correct the user and the password/;
const DATABASE = /^Correct the name of the database/;
const POOLS = /^Make the pools smaller/;

describe('doctor, on a server that can\'t be reached', () => {

  it('says what is wrong with the host or the port', async () => {

    for (const scheme of ['redis', 'postgres', 'mysql']) {
      await checkUnreachable(`${scheme}://a:wr0ng@127.0.0.1:1/1`, /ECONNREFUSED/, /^Start the server, or correct the host and the port/);
      await checkUnreachable(`${scheme}://a:wr0ng@nowhere.invalid/1`, /ENOTFOUND|EAI_AGAIN/, /^Correct the name of the host/);
    }

  });

});

describe('doctor, on the administration of PgBouncer', () => {

  it('says that it is no database', async () => {

    const { remedy } = await import(pathToFileURL(join(root, 'dist/doctor/remedies.js')).href);
    // As PgBouncer 1.18 says it.
    for (const message of ['invalid command \'SELECT 1\', use SHOW HELP;', 'extended query protocol not supported by admin console']) {
      match(remedy(message, ''), /^Give the name of the database in the address/);
    }

  });

});

describe('doctor, on a faulty Redis', () => {

  it('finds a wrong password, a database that there is not, and a server that is none', async t => {

    const server = await startRedis('--requirepass', 'right');
    t.after(() => server.kill());
    const host = server.url.slice('redis://'.length);
    await checkUnreachable(server.url, /NOAUTH/, PASSWORD);
    await checkUnreachable(`redis://:wr0ng@${host}`, /WRONGPASS/, PASSWORD);
    await checkUnreachable(`redis://:right@${host}/99`, /DB index/, DATABASE);
    await checkUnreachable(`postgres://a:wr0ng@${host}/b`, /timeout/, /^See whether a server of this kind listens/);

  });

  it('finds writes that never wait for the disk, and commands for which all others wait', async t => {

    const server = await startRedis('--appendfsync', 'no');
    const client = createClient({ url: server.url });
    await client.connect();
    t.after(async () => {
      client.destroy();
      await server.kill();
    });
    deepStrictEqual(await findings(server.url), ['durability']);
    const busy = 'local function now() local t = redis.call("TIME") return t[1] * 1000000 + t[2] end local start = now() while now() - start < 110000 do end';
    for (let times = 0; times < 5; times++) await client.eval(busy, { arguments: ['secret'] });
    const [, slow] = await diagnosed(server.url);
    strictEqual(slow?.name, 'slow-commands');
    match(slow.says, /^\d commands .* the slowest one, EVAL, \d+ ms/);

  });

  it('says of a node of a cluster, a single server and a sentinel which address to give', async t => {

    await checkUnreachable(redisClusterUrls()[0] as string, /it is one node of a cluster/, /^Give the address of the cluster$/);
    await checkUnreachable(redisUrl().replace('redis:', 'redis+cluster:'), /it is not a node of a cluster/, /^Give the address of a single server$/);
    const one = await startRedisClusterOfOne();
    t.after(() => one.kill());
    deepStrictEqual(await findings(one.url), []);
    await (await admin(t, one.url))('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru', 'cluster-announce-ip', '127.0.0.1');
    ok((await findings(one.url.replace('redis:', 'redis+cluster:'))).includes('eviction'));
    await (await admin(t, one.url))('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    const sentinel = await startSentinel(one, 'any');
    t.after(() => sentinel.kill());
    await checkUnreachable(sentinel.url, /it is a sentinel, which keeps nothing: give the address of the master$/, /SENTINEL GET-MASTER-ADDR-BY-NAME/);

  });

});

describe('doctor, on a faulty cluster of Redis', () => {

  let nodes: Server[] = [];
  before(async () => { nodes = await startRedisCluster(); });
  after(() => Promise.all(nodes.map(node => node.kill())));

  it('finds what is wrong with one node, also if it is a replica, nodes that are away, and slots that have no master', async t => {

    const [first, second, , , , replica] = nodes as [Server, Server, Server, Server, Server, Server];
    const address = first.url.replace('redis:', 'redis+cluster:');
    deepStrictEqual(await findings(address), []);
    const command = await admin(t, replica.url);
    await command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru', 'maxmemory', '1gb');
    await until('the nodes know each other', async () => (await findings(address)).length > 0);
    const [eviction, ...others] = await diagnosed(address);
    deepStrictEqual([eviction?.name, eviction?.result, others.length], ['eviction', 'problem', 0]);
    match(eviction?.says as string, new RegExp(`^${new URL(replica.url).host}: maxmemory-policy is allkeys-lru`));
    await command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    // Its replica first, so that nobody takes its place.
    for (const node of [...nodes.slice(3), second]) await node.kill();
    await until('the cluster knows it', async () => (await findings(address)).includes('slots'));
    const found = await diagnosed(address);
    match(found.find(({ name }) => name === 'nodes')?.says as string, /^127\.0\.0\.1:\d+ and \d more can't be reached: .*ECONNREFUSED/);
    match(found.find(({ name }) => name === 'slots')?.says as string, /^5,46\d of 16,384 slots of the cluster have no master: /);

  });

});

describe('doctor, on a faulty PostgreSQL', () => {

  let server: Server;
  let host: string;
  let client: pg.Client;
  before(async () => {
    server = await startPostgres('-c', 'fsync=on', '-c', 'max_connections=13', '-c', 'superuser_reserved_connections=3', '-c', 'autovacuum_naptime=1h');
    ({ host } = new URL(server.url));
    client = await connect();
    await made(server.url);
  });
  after(async () => {
    await client.end();
    await server.kill();
  });
  const connect = async (url = server.url) => {
    const made = new pg.Client({ connectionString: url });
    await made.connect();
    return made;
  };

  it('finds a database and a role that there are not, and a server without TLS', async () => {

    await checkUnreachable(`postgres://postgres@${host}/missing`, /database "missing" does not exist/, DATABASE);
    await checkUnreachable(`postgres://missing:wr0ng@${host}/postgres`, /role "missing" does not exist/, PASSWORD);
    await checkUnreachable(`${server.url}?sslmode=verify-full`, /does not support SSL/, /^Turn TLS on at the server, or off in the address/);

  });

  it('finds that applications can have no more connections, before and after it is so', async () => {

    await client.query('CREATE ROLE app LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO app');
    const url = `postgres://app@${host}/postgres`;
    deepStrictEqual(await findings(url), []);
    const others = await Promise.all(Array.from({ length: 7 }, () => connect(url)));
    // The doctor itself has two.
    deepStrictEqual(await findings(url), ['connections']);
    others.push(await connect(url), await connect(url));
    await checkUnreachable(url, /connection slots/, POOLS);
    for (const each of others) await each.end();

  });

  it('finds a table with more dead rows than live ones', async () => {

    const reader = await connect();
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
    const other = await connect();
    await other.query(`INSERT INTO sessions (handle, id_hash, former, about, data, version, seen_at, ends_at)
      SELECT lpad(n::text, 16, '0'), n, '', '', '{}', 1, 1, 1 FROM generate_series(1, 110000) n`);
    await other.query('DELETE FROM sessions');
    await other.end();
    const dead = async () => Number((await client.query('SELECT n_dead_tup FROM pg_stat_user_tables')).rows[0]?.n_dead_tup);
    // The server notes the numbers when a connection has ended, and tells no one.
    await until('the rows are counted', async () => await dead() > 100_000);
    deepStrictEqual(await findings(server.url), ['autovacuum']);
    await reader.end();

  });

  it('finds a wrong password, and a server that wants TLS', async () => {

    const { data_directory: folder } = (await client.query('SHOW data_directory')).rows[0];
    const allow = async (line: string, probe: RegExp) => {
      writeFileSync(join(folder, 'pg_hba.conf'), `${line}\n`);
      await client.query('SELECT pg_reload_conf()');
      await until('the rule holds', () => connect().then(async made => { await made.end(); return false; }, error => probe.test(error.message)));
    };
    await allow('host all all 127.0.0.1/32 scram-sha-256', /password/);
    await checkUnreachable(server.url, /password must be a string/, PASSWORD);
    await checkUnreachable(`postgres://postgres:wr0ng@${host}/postgres`, /password authentication failed/, PASSWORD);
    await allow('hostssl all all 127.0.0.1/32 trust', /no encryption/);
    await checkUnreachable(server.url, /no encryption/, /^Turn TLS on in the address/);

  });

});

describe('doctor, on a faulty MariaDB', () => {

  it('finds a wrong password, a database that there is not, TLS that there is not, and too many connections', async t => {

    const server = await startMariadb('--max-connections=10', '--innodb-flush-log-at-trx-commit=1');
    t.after(() => server.kill());
    await made(server.url);
    const { host, pathname } = new URL(server.url);
    const admin = await createConnection(server.url);
    await admin.query('CREATE USER app@\'127.0.0.1\' IDENTIFIED BY \'right\'');
    await admin.query('GRANT ALL ON test.* TO app@\'127.0.0.1\'');
    await checkUnreachable(`mysql://app:wr0ng@${host}${pathname}`, /Access denied/, PASSWORD);
    await checkUnreachable(`mysql://app:right@${host}/missing`, /Access denied .* to database/, DATABASE);
    await checkUnreachable(`mysql://root@${host}/missing`, /Unknown database/, DATABASE);
    await checkUnreachable(`${server.url}?ssl={}`, /does not support secure connection/, /^Turn TLS on at the server, or off in the address/);
    const url = `mysql://app:right@${host}${pathname}`;
    const others = await Promise.all(Array.from({ length: 7 }, () => createConnection(url)));
    deepStrictEqual(await findings(url), ['connections']);
    others.push(await createConnection(url), await createConnection(url));
    await checkUnreachable(url, /Too many connections/, POOLS);
    for (const each of [...others, admin]) await each.end();

  });

});

describe('doctor, on a faulty SQLite file', () => {

  const address = async () => made(`sqlite:${join(temporaryFolder(), 'sessions.db')}`);
  const fileOf = (url: string) => url.slice('sqlite:'.length);

  it('finds a folder that is read-only, although the administrator may write there', async t => {

    const url = await address();
    const folder = dirname(fileOf(url));
    chmodSync(folder, 0o555);
    t.after(() => chmodSync(folder, 0o755));
    const found = (await diagnosed(url)).find(({ name }) => name === 'read-only');
    match(found?.says as string, /^The folder of .* is read-only/);

  });

  it('finds a file that the administrator has made for the application', { skip: process.getuid?.() !== 0 && 'only the administrator can give a folder away' }, async () => {

    const url = await address();
    const file = fileOf(url);
    chmodSync(file, 0o644);
    chmodSync(dirname(file), 0o755);
    chownSync(dirname(file), 65_534, 65_534);
    const [found] = await diagnosed(url);
    match(found?.says as string, /belong to different users/);
    chownSync(file, 65_534, 65_534);
    deepStrictEqual(await findings(url), []);

  });

  it('finds a disk that is nearly full, and looks at the file even if it can\'t be opened', async t => {

    const url = await address();
    const disk = fs.statfsSync(fileOf(url));
    mock.method(fs, 'statfsSync', () => ({ ...disk, bavail: 10 }));
    syncBuiltinESMExports();
    t.after(() => {
      mock.restoreAll();
      syncBuiltinESMExports();
    });
    deepStrictEqual(await findings(url), ['disk']);
    const other = join(temporaryFolder(), 'other');
    writeFileSync(other, 'not a database'.repeat(1000));
    const [reachable, space] = await diagnosed(`sqlite:${other}`);
    match(reachable?.says as string, /not a database/);
    strictEqual(reachable?.todo, 'Give the address of another file');
    strictEqual(space?.name, 'disk');
    ok(/kB are left/.test(space.says));

  });

});
