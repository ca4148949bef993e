import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Application } from '@curveball/core';
import { RedisStore } from 'connect-redis';
import expressSession from 'express-session';
import fc from 'fast-check';
import pg from 'pg';
import { createClient } from 'redis';
import session, { type SessionValues } from '../../src/index.js';
import { type ExpressSessionStore, ExpressStore } from '../../src/stores/express-store.js';
import { FourMethodStore } from '../../src/stores/four-method-store.js';
import { storeTests } from '../../src/testing/index.js';
import { Site, type Visitor } from '../docs/support/browser.js';
import { anyText } from '../support/any-text.js';
import { PAGES } from '../support/pages.js';
import { postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { startRedis } from '../support/servers/redis.js';
import { temporaryFolder } from '../support/servers/server.js';
import { errorsToStatus, type Page, pageOf } from '../support/site.js';
import { BackendError, failing } from '../testing/support/failing.js';

// biome-ignore lint/suspicious/noExplicitAny: some of the packages have no types
type Any = any;

/** A store from npm, and what its backend has. */
interface Opened {
  readonly store: ExpressSessionStore;
  /** Everything that the backend keeps, as texts: keys and sessions. */
  dump(): Promise<string[]>;
  /** The lifetime in seconds that the backend gives its only session. */
  remaining(): Promise<number>;
  close(): Promise<void>;
}

const require = createRequire(import.meta.url);

/** Passes an error to the callback of a method, its last argument. */
const callBack = (args: unknown[]) => (args.at(-1) as (error: Error) => void)(new BackendError('broken'));

const PACKAGES: Record<string, () => Promise<Opened>> = {

  async 'connect-redis'() {

    const client = createClient({ url: redisUrl() });
    await client.connect();
    const prefix = `express-${process.pid}:`;
    const keys = () => client.keys(`${prefix}*`);
    return {
      store: new RedisStore({ client, prefix }),
      dump: async () => Promise.all((await keys()).map(async key => key.slice(prefix.length) + await client.get(key))),
      remaining: async () => await client.pTTL((await keys())[0]) / 1000,
      async close() {
        for (const key of await keys()) await client.del(key);
        client.destroy();
      },
    };

  },

  async 'connect-pg-simple'() {

    const pool = new pg.Pool({ connectionString: postgresUrl() });
    const tableName = `express_${process.pid}`;
    const PgStore = require('connect-pg-simple')(expressSession);
    const store = new PgStore({ pool, tableName, createTableIfMissing: true, pruneSessionInterval: false });
    return {
      store,
      dump: async () => (await pool.query(`SELECT sid || sess::text AS row FROM ${tableName}`)).rows.map(({ row }) => row),
      remaining: async () => Number((await pool.query(`SELECT extract(epoch FROM expire - localtimestamp) AS s FROM ${tableName}`)).rows[0].s),
      async close() {
        await pool.query(`DROP TABLE ${tableName}`);
        await store.close();
        await pool.end();
      },
    };

  },

  async memorystore() {

    const MemoryStore = require('memorystore')(expressSession);
    const store: Any = new MemoryStore();
    return {
      store,
      dump: async () => store.store.keys().map((key: string) => key + store.store.peek(key)),
      async remaining() {
        const [{ e: end }] = store.store.dump();
        return (end - Date.now()) / 1000;
      },
      close: async () => store.stopInterval(),
    };

  },

  async 'session-file-store'() {

    const path = temporaryFolder();
    const FileStore = require('session-file-store')(expressSession);
    const files = () => readdirSync(path).map(name => name + readFileSync(join(path, name), 'utf8'));
    return {
      store: new FileStore({ path, retries: 0, reapInterval: -1, logFn() {} }),
      dump: async () => files(),
      async remaining() {
        const { cookie, __lastAccess } = JSON.parse(/\{.*/.exec(files()[0])?.[0] as string);
        return (__lastAccess + cookie.originalMaxAge - Date.now()) / 1000;
      },
      close: async () => {},
    };

  },

  async 'MemoryStore of express-session'() {

    const store: Any = new expressSession.MemoryStore();
    return {
      store,
      dump: async () => Object.entries(store.sessions).map(([key, text]) => key + text),
      async remaining() {
        const [text] = Object.values(store.sessions);
        return (Date.parse(JSON.parse(text as string).cookie.expires) - Date.now()) / 1000;
      },
      close: async () => {},
    };

  },

};

/** The adapter calls only the four methods, which each package proves: one that answers within the process, and one over a connection. */
const ADAPTED = ['MemoryStore of express-session', 'connect-redis'];

/** An hour from now, as a Unix timestamp. */
const later = () => Math.floor(Date.now() / 1000) + 3600;

const hostileKey = fc.oneof(
  fc.constantFrom(
    '__proto__', 'constructor', 'toJSON', 'cookie', 'values', '__lastAccess', '', 'a.b', '$set', '"', '\\', '\n',
    '\0', '\ud800', '\u2028', '😀', '0',
  ),
  anyText(),
);

const { value: hostileValue } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      anyText(), hostileKey, fc.boolean(), fc.constant(null), fc.jsonValue(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(-0, 5e-324, 1.7976931348623157e308, 2 ** 53, 1e21, 0.1),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(hostileKey, tie('value')), { maxLength: 4 }).map(record),
  ),
}));

const hostileSession = fc.array(fc.tuple(hostileKey, hostileValue), { maxLength: 6 }).map(record);

function record(entries: Array<[string, unknown]>): SessionValues {

  const values: SessionValues = {};
  for (const [key, value] of entries) {
    Object.defineProperty(values, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return values;

}

/** The only session of a visitor. */
async function read(visitor: Visitor): Promise<SessionValues> {

  return JSON.parse((await visitor.get('/read')).text);

}

// They spend most of their time waiting for sessions to expire.
describe('An ExpressStore', { concurrency: true }, () => {

  for (const [name, open] of Object.entries(PACKAGES)) {

    describe(`on ${name}`, { concurrency: false }, () => {

      const opened = open();
      after(async () => (await opened).close());

      /** Starts a separate server for each test, so that no test waits for another. */
      async function visited(t: { after(done: () => void): void }, options: object = {}, pages: Record<string, Page> = {}) {

        const there = await opened;
        const store = new ExpressStore(there.store);
        const app = new Application();
        app.use(errorsToStatus(), session({ store, ...options }), pageOf({
          ...PAGES, '/add': ctx => { ctx.session.cart = ['apple']; }, '/remove': ctx => { delete ctx.session.cart; }, ...pages,
        }));
        const site = await Site.open(app);
        t.after(() => site.close());
        return { ...there, store, visitor: site.visitor() };

      }

      describe('keeps the contract of four methods', () => {

        const tests = storeTests(async () => new ExpressStore((await opened).store), {
          atomic: false, failing: async commands => new ExpressStore(failing((await opened).store, commands, ['get', 'set', 'destroy'], callBack)),
        });
        for (const { name: sentence, run } of tests) it(sentence, run);

      });

      if (ADAPTED.includes(name)) {

        describe('keeps the contract of atomic stores within one process, behind the adapter of the middleware', () => {

          let adapter: FourMethodStore | undefined;
          const tests = storeTests(async () => adapter ??= new FourMethodStore(new ExpressStore((await opened).store)));
          for (const { name: sentence, run } of tests) it(sentence, run);

        });

      }

      it('creates, reads, replaces and removes sessions', async () => {

        const { store, dump } = await opened;
        const wrapper = new ExpressStore(store);
        const [id, other] = [wrapper.newSessionId(), wrapper.newSessionId()];
        strictEqual(await wrapper.get(id), null);
        await wrapper.set(id, { a: 1, b: 2 }, later());
        await wrapper.set(other, { c: 3 }, later());
        deepStrictEqual(await wrapper.get(id), { a: 1, b: 2 });
        await wrapper.set(id, { a: { b: [] } }, later());
        deepStrictEqual(await wrapper.get(id), { a: { b: [] } });
        await wrapper.delete(id);
        strictEqual(await wrapper.get(id), null);
        await wrapper.delete(id);
        deepStrictEqual(await wrapper.get(other), { c: 3 });
        await wrapper.delete(other);
        deepStrictEqual(await dump(), []);

      });

      it('gives back exactly what it was given', async () => {

        const wrapper = new ExpressStore((await opened).store);
        const id = wrapper.newSessionId();
        await fc.assert(fc.asyncProperty(hostileSession, async values => {
          await wrapper.set(id, values, later());
          const back = await wrapper.get(id);
          deepStrictEqual(back, values);
          deepStrictEqual(Object.keys(back ?? {}), Object.keys(values));
        }), { numRuns: 200 });
        await wrapper.delete(id);

      });

      it('gives back a text of a mebibyte, and many keys', async () => {

        const wrapper = new ExpressStore((await opened).store);
        const id = wrapper.newSessionId();
        const values = {
          long: 'x😀'.repeat(2 ** 20 / 3), ...Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, { i }])),
        };
        await wrapper.set(id, values, later());
        deepStrictEqual(await wrapper.get(id), values);
        await wrapper.delete(id);

      });

      it('keeps nothing that could be sent as a cookie', async t => {

        const { store, dump, visitor } = await visited(t);
        await visitor.get('/create');
        const id = visitor.cookies.get('CB') as string;
        const [row, ...more] = await dump();
        deepStrictEqual(more, []);
        ok(!row.includes(id) && !row.includes(id.slice(0, 20)));
        const key = /^[0-9a-f]{32}/.exec(row)?.[0] as string;
        strictEqual(await store.get(key), null);
        visitor.cookies.set('CB', key);
        deepStrictEqual(await read(visitor), {});
        await store.delete(id);

      });

      it('gives the backend the expiry of a session, and a later one with each request', async t => {

        const { store, remaining, visitor } = await visited(t, { expiry: 100 });
        await visitor.get('/create');
        const created = await remaining();
        ok(created > 98 && created <= 102, `${created}`);
        // As after a long pause.
        const id = visitor.cookies.get('CB') as string;
        await store.set(id, { userId: 5 }, Math.floor(Date.now() / 1000) + 10);
        ok(await remaining() < 12);
        deepStrictEqual(await read(visitor), { userId: 5 });
        const touched = await remaining();
        ok(touched > 98 && touched <= 102, `${touched}`);
        await store.delete(id);

      });

      it('does not know a session that has expired', async t => {

        const { store, visitor } = await visited(t);
        await visitor.get('/create');
        const id = visitor.cookies.get('CB') as string;
        await store.set(id, { userId: 5 }, Math.floor(Date.now() / 1000) - 1);
        strictEqual(await store.get(id), null);
        deepStrictEqual(await read(visitor), {});
        await visitor.get('/create');
        notStrictEqual(visitor.cookies.get('CB'), id);
        await store.delete(visitor.cookies.get('CB') as string);
        await store.delete(id);

      });

      it('serves a session over HTTP from its beginning to its end', async t => {

        const { dump, visitor } = await visited(t);
        deepStrictEqual(await read(visitor), {});
        deepStrictEqual(await dump(), []);
        match((await visitor.get('/create')).setCookies[0], /^CB=\w{43}; /);
        deepStrictEqual(await read(visitor), { userId: 5 });
        await visitor.get('/add');
        deepStrictEqual(await read(visitor), { userId: 5, cart: ['apple'] });
        const before = visitor.cookies.get('CB') as string;
        await visitor.get('/new-id');
        notStrictEqual(visitor.cookies.get('CB'), before);
        await visitor.get('/remove');
        deepStrictEqual(await read(visitor), { userId: 5 });
        strictEqual((await dump()).length, 1);
        const now = visitor.cookies.get('CB') as string;
        visitor.cookies.set('CB', before);
        deepStrictEqual(await read(visitor), {}, 'the old id is worth nothing');
        strictEqual((await visitor.get('/add')).status, 409);
        visitor.cookies.set('CB', now);
        strictEqual((await visitor.get('/end')).status, 200);
        strictEqual(visitor.cookies.size, 0);
        deepStrictEqual(await dump(), []);
        visitor.cookies.set('CB', now);
        deepStrictEqual(await read(visitor), {});

      });

      it('loses no key and no count of parallel requests in one process', async t => {

        const { visitor } = await visited(t, {}, {
          '/count': async ctx => { await ctx.updateSession(values => { values.n = (values.n ?? 0) + 1; }); },
          ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`/key-${i}`, (ctx: Any) => { ctx.session[`k${i}`] = i; }])),
        });
        await visitor.get('/create');
        await Promise.all(Array.from({ length: 20 }, (_, i) => visitor.get(i % 2 ? '/count' : `/key-${i / 2}`)));
        const values = await read(visitor);
        strictEqual(values.n, 10);
        strictEqual(Object.keys(values).length, 12);
        await visitor.get('/end');

      });

    });

  }

});

describe('An ExpressStore with a frozen server', () => {

  it('fails: requests get 503 in time, no cookie changes, and the session is available again afterwards', async t => {

    const server = await startRedis();
    const client = createClient({ url: server.url });
    client.on('error', () => {});
    await client.connect();
    t.after(async () => {
      client.destroy();
      await server.kill();
    });
    const app = new Application();
    // The time limit is real, since the server is.
    app.use(errorsToStatus(), session({ store: new ExpressStore(new RedisStore({ client })), storeTimeout: 0.3 }), pageOf(PAGES));
    const site = await Site.open(app);
    t.after(() => site.close());
    const visitor = site.visitor();
    await visitor.get('/create');
    const id = visitor.cookies.get('CB');
    server.freeze();
    for (const path of ['/read', '/end']) {
      const { status, setCookies } = await visitor.get(path);
      deepStrictEqual([status, setCookies], [503, []], path);
    }
    strictEqual((await site.visitor().get('/read')).status, 200, 'a request without a cookie is not affected');
    server.thaw();
    strictEqual(visitor.cookies.get('CB'), id);
    deepStrictEqual(await read(visitor), { userId: 5 });

  });

});
