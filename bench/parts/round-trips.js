/*
 * What requests cost on real servers, one after the other: how many commands the
 * store sends, some of them at once, and how many microseconds the request takes.
 * Beside a plain session stand one with the option `user`, whose sessions are
 * indexed, one with a limit of sessions, too, and an encrypted one. Each number is
 * the median of many requests.
 *
 * The servers are those of the tests: `make bench` starts them.
 */
import assert from 'node:assert/strict';
import { Application, MemoryRequest } from '@curveball/kernel';
import { createPool } from 'mysql2/promise';
import { Pool } from 'pg';
import { createClient } from 'redis';
import session, { encrypted, UserSessions } from '../../dist/index.js';
import { MysqlStore } from '../../dist/stores/mysql-store.js';
import { PostgresStore } from '../../dist/stores/postgres-store.js';
import { RedisStore } from '../../dist/stores/redis-store.js';
import { figure, report } from '../lib/report.js';
import { median } from '../lib/rounds.js';

const TIMES = 100;
const DEVICES = 10;

let asked = 0;

/** A client whose methods of these names are counted. */
function counted(client, ...names) {

  return new Proxy(client, {
    get(target, name) {
      const value = target[name];
      if (typeof value !== 'function') return value;
      return (...args) => {
        if (names.includes(name)) asked++;
        return value.apply(target, args);
      };
    },
  });

}

const STORES = {
  Redis: async () => {
    const client = await createClient({ url: process.env.SESSION_TEST_REDIS_URL, commandOptions: { timeout: 0 } }).connect();
    return { store: new RedisStore({ client: counted(client, 'get', 'eval', 'evalSha'), prefix: 'bench:' }), close: () => client.quit() };
  },
  PostgreSQL: async () => {
    const pool = new Pool({ connectionString: process.env.SESSION_TEST_POSTGRES_URL });
    const store = new PostgresStore({ pool: counted(pool, 'query'), table: 'bench_sessions' });
    await store.setup();
    return { store, close: () => pool.end() };
  },
  MariaDB: async () => {
    const pool = createPool(process.env.SESSION_TEST_MYSQL_URL);
    const store = new MysqlStore({ pool: counted(pool, 'execute'), table: 'bench_sessions' });
    await store.setup();
    return { store, close: () => pool.end() };
  },
};

const KINDS = {
  plain: [store => store, {}],
  user: [store => store, { user: 'userId' }],
  'user, limit': [store => store, { user: 'userId', maxUserSessions: 1000 }],
  encrypted: [store => encrypted(store), {}],
};

function applicationOn(store, cookieName, options) {

  const app = new Application();
  // A cookie for each: two kinds share a table, and neither is to accept the sessions of the other.
  app.use(session({ store, cookieName, ...options }), ctx => {
    ctx.response.status = 200;
    const { userId } = ctx.query;
    switch (ctx.path) {
      case '/cart': ctx.session.cart = [1]; break;
      case '/read': ctx.response.body = String(ctx.session.userId); break;
      case '/change': ctx.session.at = performance.now(); break;
      case '/sign-in':
        ctx.session.userId = userId;
        if (!options.user) ctx.sessionId = null;
        break;
      case '/new-id': ctx.sessionId = null; break;
      case '/sign-out': ctx.session = null; break;
    }
  });
  return async (path, cookie) => {
    const response = await app.subRequest(new MemoryRequest('GET', path, 'http://localhost', cookie ? { Cookie: cookie } : {}));
    assert.equal(response.status, 200);
    return { ...response, body: response.body, cookie: response.headers.getMany('Set-Cookie')[0]?.split(';')[0] ?? cookie };
  };

}

/** What is asked for, and what has to come before it. */
const REQUESTS = {
  'a read': { before: ask => ask('/sign-in?userId=5'), path: '/read' },
  'a change': { before: ask => ask('/sign-in?userId=5'), path: '/change' },
  'a sign-in without a session': { path: '/sign-in?userId=' },
  'a sign-in from one': { before: ask => ask('/cart'), path: '/sign-in?userId=' },
  'a new id': { before: ask => ask('/sign-in?userId=5'), path: '/new-id' },
  'a sign-out': { before: ask => ask('/sign-in?userId=5'), path: '/sign-out' },
};

const figures = [];

async function measure(group, name, run) {

  const counts = [];
  const times = [];
  for (let time = 0; time < TIMES; time++) {
    const go = await run(time);
    asked = 0;
    const start = performance.now();
    await go();
    times.push((performance.now() - start) * 1000);
    counts.push(asked);
  }
  figures.push(figure(group, name, 'µs', times, { commands: median(counts) }));

}

for (const [name, open] of Object.entries(STORES)) {
  const { store, close } = await open();
  process.stderr.write(`${name}\n`);
  for (const [what, { before, path }] of Object.entries(REQUESTS)) {
    for (const [kind, [wrap, options]] of Object.entries(KINDS)) {
      const ask = applicationOn(wrap(store), kind.replace(/\W+/g, '-'), options);
      await measure(`${name}: ${what}`, kind, async () => {
        const cookie = before && (await before(ask)).cookie;
        // Each sign-in is another user's: how many sessions he has must not count.
        return () => ask(path.endsWith('=') ? path + Math.random() : path, cookie);
      });
      await store.endAllSessions();
    }
  }

  const users = new UserSessions(store);
  const ask = applicationOn(store, 'devices', { user: 'userId' });
  const calls = {
    list: user => users.list(user),
    'end one': (user, handle) => users.end(user, handle),
    'end all': user => users.endAll(user),
  };
  for (const [what, call] of Object.entries(calls)) {
    await measure(`${name}: ${what} of ${DEVICES} sessions`, 'user', async time => {
      const user = `${what}-${time}`;
      for (let device = 0; device < DEVICES; device++) await ask(`/sign-in?userId=${user}`);
      const sessions = await users.list(user);
      assert.equal(sessions.length, DEVICES);
      return () => call(user, sessions[0].handle);
    });
    await store.endAllSessions();
  }
  store.close?.();
  await close();
}
report('Requests on real servers, one after the other, in time that passed', figures);
