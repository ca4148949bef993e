import { doesNotMatch, deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import session from '../../src/index.js';
import { openStore } from '../../src/open/open-store.js';
import { toTexts } from '../../src/values/session-values.js';
import { folderWith } from '../support/processes/store-process.js';
import { mysqlUrl, postgresUrl, redisClusterUrl, redisClusterUrls, redisUrl } from '../support/servers/addresses.js';
import { startMariadb } from '../support/servers/mariadb.js';
import { startRedis } from '../support/servers/redis.js';
import { temporaryFolder } from '../support/servers/server.js';
import { DRIVERS } from '../stores/sqlite/sqlite-drivers.js';

const LONG = 3600;
const TEXTS = toTexts({ user: 'Ada' });

/** A connection that does not answer is given up after so many milliseconds. */
const SILENCE = 5000;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const hasNodeSqlite = major > 22 || (major === 22 && minor >= 13);

/** An address of each kind, with a table or prefix of this file's own. */
const ADDRESSES: { readonly [scheme: string]: () => string } = {
  'memory:': () => 'memory:',
  'sqlite:': () => `sqlite:${join(temporaryFolder(), 'sessions.db')}`,
  'sqlite::memory:': () => 'sqlite::memory:',
  'redis:': () => `${redisUrl()}?prefix=open:`,
  'redis+cluster:': () => `${redisClusterUrl()}?prefix=open:`,
  'postgres:': () => `${postgresUrl()}?table=opened`,
  'postgresql:': () => `${postgresUrl().replace('postgres:', 'postgresql:')}?table=opened`,
  'mysql:': () => `${mysqlUrl()}?table=opened`,
  'mariadb:': () => `${mysqlUrl().replace('mysql:', 'mariadb:')}?table=opened`,
};

describe('openStore()', () => {

  for (const [scheme, address] of Object.entries(ADDRESSES)) {

    it(`opens ${scheme}, and closes it`, async () => {

      const store = await openStore(address());
      session({ store });
      strictEqual(store.atomic, true);
      const id = await store.newSessionId();
      strictEqual(await store.create(id, TEXTS, { lifetime: LONG }), true);
      const next = await store.newSessionId(id);
      strictEqual(await store.move?.(id, next, { set: new Map([['more', '1']]), unset: [] }, { lifetime: LONG }), 'moved');
      deepStrictEqual(await store.get(next), { user: 'Ada', more: 1 });
      strictEqual(await store.end(id), true);
      await Promise.all([store.close(), store.close()]);
      await store.close();
      if (!scheme.startsWith('memory')) await rejects(async () => store.touch(next, LONG));

    });

  }

  it('closes a store at the end of its scope', { skip: !Symbol.asyncDispose }, async () => {

    const store = await openStore('sqlite::memory:');
    await store[Symbol.asyncDispose]();
    await rejects(async () => store.touch(await store.newSessionId(), LONG));

  });

  it('makes no table and no file if told so', async () => {

    const options = { setup: false };
    const file = join(temporaryFolder(), 'sessions.db');
    await rejects(openStore(`sqlite:${file}`, options), /can't be opened: There is no file \//);
    ok(!existsSync(file));
    writeFileSync(file, '');
    for (const address of [`${postgresUrl()}?table=never`, `${mysqlUrl()}?table=never`, `sqlite:${file}`, 'sqlite::memory:']) {
      const store = await openStore(address, options);
      await rejects(async () => store.load(await store.newSessionId()), /does not exist|no such table/);
      await store.close();
      if (address === 'sqlite::memory:') continue;
      await (await openStore(address)).close();
      const again = await openStore(address, options);
      strictEqual(await again.load(await again.newSessionId()), null);
      await again.close();
    }
    await rejects(openStore('memory:', { setup: 'no' as never }), /setup is "no": it must be true or false/);
    await rejects(openStore('memory:', { setUp: false } as never), /option setUp is unknown/);

  });

  it('takes the names of tables and the prefix of keys from the address', async () => {

    for (const [address, option] of [
      [redisUrl(), 'prefix'], [postgresUrl(), 'table'], [mysqlUrl(), 'table'], [`sqlite:${join(temporaryFolder(), 'sessions.db')}`, 'table'],
    ] as const) {
      const [one, other] = await Promise.all([openStore(`${address}?${option}=opened_one`), openStore(`${address}?${option}=opened_other`)]);
      const again = await openStore(`${address}?${option}=opened_one`);
      const id = await one.newSessionId();
      await one.create(id, TEXTS, { lifetime: LONG });
      deepStrictEqual([await other.get(id), await again.get(id)], [null, { user: 'Ada' }]);
      await Promise.all([one, other, again].map(store => store.close()));
    }

  });

  it('keeps its connection after an error of a statement', async t => {

    const server = await startMariadb();
    t.after(() => server.kill());
    const store = await openStore(server.url);
    const { default: mysql } = await import('mysql2/promise');
    const connection = await mysql.createConnection(server.url);
    const connections = async () => {
      const [[row]] = await connection.query('SHOW STATUS LIKE \'Connections\'') as unknown as [[{ Value: string }]];
      return Number(row.Value);
    };
    const id = await store.newSessionId();
    await store.create(id, TEXTS, { lifetime: LONG });
    const before = await connections();
    for (let times = 0; times < 10; times++) strictEqual(await store.create(id, TEXTS, { lifetime: LONG }), false);
    strictEqual(await connections(), before);
    await connection.end();
    await store.close();

  });

  it('leaves the other options to the driver', async () => {

    const name = `of-the-test-${process.pid}`;
    const store = await openStore(`${postgresUrl()}?application_name=${name}&table=opened`);
    const { default: pg } = await import('pg');
    const client = new pg.Client(postgresUrl());
    await client.connect();
    const { rows } = await client.query('SELECT 1 FROM pg_stat_activity WHERE application_name = $1', [name]);
    strictEqual(rows.length, 1);
    await client.end();
    await store.close();

  });

  it('finds files by all their names', async () => {

    const folder = temporaryFolder();
    const before = process.cwd();
    process.chdir(folder);
    try {
      const files: Record<string, string> = {
        'sqlite:a.db': 'a.db', 'sqlite:./b.db': 'b.db', [`sqlite:${folder}/c.db`]: 'c.db', [`sqlite://${folder}/d.db`]: 'd.db',
        'sqlite:e%20f%3F.db': 'e f?.db', 'SQLITE:g.db?table=x': 'g.db', 'sqlite:h#.db': 'h#.db',
      };
      for (const [address, file] of Object.entries(files)) {
        const store = await openStore(address);
        await store.close();
        ok(existsSync(join(folder, file)), address);
      }
    } finally {
      process.chdir(before);
    }

  });

  it('lets SQLite confirm a change before the disk does, unless the address says otherwise', async () => {

    const file = join(temporaryFolder(), 'sessions.db');
    for (const synchronous of ['', '?synchronous=normal', '?synchronous=FULL']) {
      await (await openStore(`sqlite:${file}${synchronous}`)).close();
    }

  });

  it('waits for another process that is setting up the same SQLite file', async () => {

    const file = join(temporaryFolder(), 'sessions.db');
    // Of the same driver: two copies of SQLite in one process don't see each other's locks.
    const other = await (Object.values(DRIVERS).at(-1) as (typeof DRIVERS)[string])(file);
    // The lock that a process holds while it changes to WAL: no other can read then.
    other.exec('CREATE TABLE others (id)');
    other.exec('BEGIN EXCLUSIVE');
    const opening = openStore(`sqlite:${file}`);
    // SQLite does not say that it waits for a lock.
    setTimeout(() => other.exec('COMMIT'), 100);
    const store = await opening;
    strictEqual(await store.create(await store.newSessionId(), TEXTS, { lifetime: LONG }), true);
    await store.close();
    other.close();

  });

  it('refuses any other text than an address, and shows valid ones', async () => {

    const wrong = [
      '', 'sessions.db', 'file:sessions.db', 'http://localhost', 'redis:localhost', 'redis', 'postgres://user:secret@:x/y',
      'sqlite:', 'sqlite:?table=a', 'sqlite://sessions.db', 'sqlite:a%zz', 'sqlite:a.db?mode=ro', 'memory:1', 'memory:?table=a',
      'redis://localhost?table=a', 'redis://localhost?prefix=a:&prefx=b', 'rediss://localhost?db=1', 'postgres://localhost/a?tabel=a',
      'postgresql://localhost/a?max=5', 'postgres://localhost/a?binary=true', 'mysql://localhost/a?schema=a', 'mariadb://localhost/a?rowsAsArray=true',
      'mysql://localhost/a?typeCast=false', 'redis://localhost?prefix=a:&prefix=b:', 'postgres://localhost/a?table=a&table=b',
      'redis://localhost/abc', 'mysql://localhost', 'mariadb://a@localhost/?table=b', 'redis://localhost/0/1', 'redis://a:%secret@localhost', 'mysql://a%zz@localhost/a', 'postgres://a:b%z@localhost/a',
      'redis+cluster://', 'redis+cluster:a', 'redis+cluster://a,', 'redis+cluster://,a', 'redis+cluster://a/1', 'redis+cluster://a:b', 'redis+cluster://a:1,b:99999',
      'redis+cluster://user:secret@', 'redis+cluster://user:12/secret@a', 'redis+cluster://a,user:secret@b', 'redis+cluster://user:a@secret@b', 'constructor:a', '__proto__:a', 'redis+cluster://a:%secret@b,c', 'rediss+cluster://a?db=1', 'postgres+cluster://a/b', '+cluster://a', 'redis://localhost/0#1', 'postgres://localhost/a?table=a#b', 'postgres://localhost/a?__proto__=1', 'postgres://localhost/a?TABLE=a',
      'user:secret@localhost', 'postgres://user:a?secret@localhost/a', 'redis://:a?secret&secret&b@localhost', 'mysql://user:a?table=a&secret=b@localhost/a', 'mysql://user:a?table=the%20secret@localhost/a', undefined, null, 5, {}, Object.create(null), Symbol('redis://localhost'), [],
    ];
    for (const address of wrong) {
      await rejects(openStore(address as string), (error: Error) => {
        ok(error instanceof TypeError, inspect(error));
        match(error.message, /^The address of the store is wrong, .* It must be like one of these: memory:, sqlite:\.\/sessions\.db, redis:\/\//);
        ok(!inspect(error).includes('secret'));
        return true;
      }, inspect(address));
    }

  });

  it('names an option that is wrong, and leaves no connection open', async () => {

    for (const [address, message] of [
      [`${postgresUrl()}?table=a%20b`, /table is "a b"/], [`${mysqlUrl()}?table=a%20b`, /table is "a b"/],
      ['sqlite::memory:?table=a%20b', /table is "a b"/], ['sqlite::memory:?synchronous=off', /^synchronous is "off": it must be normal or full$/],
      ['redis://localhost?family=5', /^family is "5": it must be 4 or 6$/], ['redis+cluster://localhost,other?family=5', /^family is "5": it must be 4 or 6$/],
      ['redis://localhost?prefix=', /^prefix is "": it must be a text that is not empty$/],
      ...Object.entries({
        schema: /"x y": it must be a name of up to 50 letters, digits and _$/, prepare: /"x y": it must be true or false$/, ssl: /must be true, 1, 0 or no-verify$/,
        sslmode: /must be disable, .* or no-verify$/, sslnegotiation: /must be postgres or direct$/, port: /must be a whole number$/, lock_timeout: /must be a whole number$/,
      }).map(([name, message]) => [`postgres://127.0.0.1:1/a?${name}=x%20y`, message] as const),
      ...Object.entries({
        ssl: /^ssl must be false, Amazon RDS, or an object as JSON, such as \{"rejectUnauthorized":true\}$/, connectTimeout: /must be a whole number$/,
        enableKeepAlive: /must be true or false$/, timezone: /must be local, Z, or like \+02:00$/, charset: /^mysql2 refuses an option of the address: Unknown charset 'x y'$/,
      }).map(([name, message]) => [`mysql://127.0.0.1:1/a?${name}=x%20y`, message] as const),
    ] as const) {
      await rejects(openStore(address), (error: Error) => error instanceof TypeError && message.test(error.message), address);
    }
    for (const ssl of ['%5B%5D', 'null', 'true']) await rejects(openStore(`mysql://127.0.0.1:1/a?ssl=${ssl}`), TypeError);
    await rejects(openStore('mysql://127.0.0.1:1/a?ssl={"key":"secret"'), (error: Error) => error instanceof TypeError && !inspect(error).includes('secret'));
    for (const option of ['ssl=false', 'ssl=Amazon%20RDS', 'ssl={"rejectUnauthorized":true}', 'timezone=%2B02:00', 'timezone=Z', 'charset=utf8mb4']) {
      await rejects(openStore(`mysql://127.0.0.1:1/a?${option}`), /ECONNREFUSED/, option);
    }
    const { status } = await run(`await openStore(${JSON.stringify(`${postgresUrl()}?table=a%20b`)}).catch(() => {})`);
    strictEqual(status, 0);

  });

  it('makes no file if an option is wrong', async () => {

    const file = join(temporaryFolder(), 'sessions.db');
    for (const option of ['table=a%20b', 'synchronous=maybe', 'tabel=a']) {
      await rejects(openStore(`sqlite:${file}?${option}`), TypeError);
      ok(!existsSync(file), option);
    }

  });

  it('fails if no server answers, without a word of the password', async () => {

    const start = performance.now();
    for (const address of [
      'redis://user:secret@127.0.0.1:1', 'redis+cluster://user:secret@127.0.0.1:1,127.0.0.1:2', 'postgres://user:secret@127.0.0.1:1/a', 'postgres://127.0.0.1:1/a?password=secret', 'postgres://user:secret@localhost:1/a?sslmode=disable',
      'mysql://user:secret@127.0.0.1:1/a', 'sqlite:/nowhere/at/all.db',
    ]) {
      await rejects(openStore(address), (error: Error) => {
        match(error.message, /^The store at [\w+]+:\S* can't be opened: .+/);
        ok(error.cause instanceof Error);
        ok(!inspect(error).includes('secret'), inspect(error));
        return true;
      });
    }
    ok(performance.now() - start < SILENCE);

  });

  it('refuses a node of a cluster, a single server as a cluster, and, to set it up, a replica', async t => {

    const url = redisClusterUrls()[0] as string;
    for (const setup of [true, false]) {
      await rejects(openStore(url, { setup }), {
        code: 'ERR_SESSION_REDIS_CLUSTER', message: /^The store at redis:\/\/\S+ can't be opened: it is one node of a cluster, and has only a part of the sessions: the address of a cluster begins with redis\+cluster:/,
      });
    }
    await rejects(openStore(redisUrl().replace('redis:', 'redis+cluster:')), {
      code: 'ERR_SESSION_REDIS_SINGLE', message: /it is not a node of a cluster: the address of a single server begins with redis:/,
    });
    const replica = await startRedis('--replicaof', '127.0.0.1', '1');
    t.after(() => replica.kill());
    await rejects(openStore(replica.url), { code: 'ERR_SESSION_REPLICA', message: /it is a replica, which refuses every change: give the address of the master$/ });
    await (await openStore(replica.url, { setup: false })).close();

  });

  it('begins with TLS if its address says so, in capitals, too', async t => {

    const first: number[] = [];
    const server = createServer(socket => {
      socket.on('error', () => {}).once('data', data => {
        first.push(data[0] as number);
        socket.destroy();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as { port: number };
    for (const scheme of ['rediss', 'REDISS', 'Rediss', 'rediss+cluster', 'REDISS+CLUSTER', 'Rediss+Cluster']) {
      await rejects(openStore(`${scheme}://user:secret@127.0.0.1:${port}`));
      // The type of a record of a TLS handshake (RFC 8446, section 5.1).
      ok(first.length > 0 && first.every(byte => byte === 22), `${scheme} began with ${first}`);
      first.length = 0;
    }

  });

  it('fails if a server listens that never answers', async t => {

    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as { port: number };
    const start = performance.now();
    await Promise.all(['redis://user@HOST', 'redis+cluster://user@HOST', 'postgres://user@HOST/1', 'mysql://user@HOST/1'].map(address => (
      rejects(openStore(address.replace('HOST', `127.0.0.1:${port}`)), /can't be opened/))));
    ok(performance.now() - start < SILENCE * 1.5);

  });

});

describe('A driver', () => {

  it('of SQLite is libsql if Node.js has none of its own: the binary of better-sqlite3 ends such a process', async () => {

    const { status, stdout, stderr } = await run(`
      await (await openStore('sqlite::memory:')).close();
      console.log(process.report.getReport().sharedObjects.filter(path => path.includes('sql')).join());`,
    undefined, ...(hasNodeSqlite ? ['--no-experimental-sqlite'] : []));
    strictEqual(status, 0, stderr);
    match(stdout, /libsql/);
    doesNotMatch(stdout, /better-sqlite3/);

  });

  it('that is missing is named, with the command that installs it', async () => {

    const missing: Record<string, string> = {
      'redis://localhost': 'npm install redis \\(or ioredis\\)', 'rediss://localhost': 'npm install redis \\(or ioredis\\)',
      'redis+cluster://localhost': 'npm install ioredis \\(or redis\\)',
      'postgres://localhost/a': 'npm install pg', 'mysql://localhost/a': 'npm install mysql2',
      ...(hasNodeSqlite ? {} : { 'sqlite::memory:': 'npm install libsql \\(or better-sqlite3\\)' }),
    };
    const folder = folderWith({});
    for (const [address, message] of Object.entries(missing)) {
      const { stdout, stderr } = await run(`await openStore('${address}').catch(error => console.log(error.message))`, folder);
      match(stdout, new RegExp(`^No driver is installed: ${message}\n$`), stderr);
    }
    const { stdout } = await run(`const store = await openStore('${hasNodeSqlite ? 'sqlite::' : ''}memory:'); await store.close(); console.log('works')`, folder);
    strictEqual(stdout, 'works\n');

  });

  it('that is installed but broken does not count as missing', async () => {

    const folder = folderWith({});
    mkdirSync(join(folder, 'node_modules/pg'), { recursive: true });
    writeFileSync(join(folder, 'node_modules/pg/index.js'), 'throw new Error("broken")');
    const { stdout } = await run(`await openStore('postgres://localhost/a').catch(error => console.log(error.message))`, folder);
    match(stdout, /broken/);

  });

});

describe('A process with an open store', () => {

  for (const [scheme, address] of Object.entries(ADDRESSES)) {

    it(`ends when it closes it: ${scheme}`, async () => {

      const { status, stderr, took } = await run(`
        const store = await openStore(${JSON.stringify(address())});
        await store.set(await store.newSessionId(), { a: 1 }, 4e9);
        await store.close();
      `);
      strictEqual(status, 0, stderr);
      ok(took < 4000, `it took ${took} ms`);

    });

  }

});

/** Runs a program that has openStore(), in a process of its own, to its end. */
async function run(program: string, folder?: string, ...flags: readonly string[]) {

  const start = performance.now();
  const module = folder ? pathToFileURL(join(folder, 'src/open/open-store.js')).href : import.meta.resolve('../../src/open/open-store.js');
  const file = join(temporaryFolder(), 'program.mjs');
  writeFileSync(file, `import { openStore } from ${JSON.stringify(module)};\n${program}`);
  const child = spawn(process.execPath, ['--no-warnings', ...flags, file]);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', chunk => {
    stdout += chunk;
  });
  child.stderr?.on('data', chunk => {
    stderr += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [status] = await once(child, 'close');
  clearTimeout(timer);
  return { status, stdout, stderr, took: performance.now() - start };

}
