import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { inspect } from 'node:util';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { z } from 'zod';
import { encrypted, type AtomicSessionStore, type SessionOptions, type SessionStore } from '../../src/index.js';
import { MysqlStore } from '../../src/stores/mysql-store.js';
import { PostgresStore } from '../../src/stores/postgres-store.js';
import { RedisStore } from '../../src/stores/redis-store.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { idOf, setCookies } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { storeAt } from '../support/memory-store-at.js';
import { mysqlUrl, postgresUrl, redisUrl } from '../support/servers/addresses.js';
import { temporaryFolder } from '../support/servers/server.js';
import { type Page, site } from '../support/site.js';
import { KEYED } from '../support/sealed.js';
import { DRIVERS } from '../stores/sqlite/sqlite-drivers.js';

const TABLE = 'expired_sessions_test';

interface Opened {
  readonly store: SessionStore;
  /** Sets back the expiry of the record under the handle of an id. */
  readonly expire: (id: string) => unknown;
  readonly cleanUp?: () => unknown;
  readonly options?: Partial<SessionOptions>;
}

const closings: Array<() => unknown> = [];
after(() => Promise.all(closings.map(close => close())));

const already = new Map<unknown, Opened | Promise<Opened>>();

function once(open: () => Opened | Promise<Opened>): Opened | Promise<Opened> {

  const opening = already.get(open) ?? open();
  already.set(open, opening);
  return opening;

}

function memory(): Opened {

  const { store, clock } = storeAt();
  return { store, expire: () => { clock.now += 10_000; }, cleanUp: () => store.gc() };

}

/** Stores that keep a session's record for a while after it has expired. */
const TELLING: { readonly [name: string]: () => Opened | Promise<Opened> } = {

  'The memory store': memory,

  'The memory store, with a schema': () => ({ ...memory(), options: { schema: z.object({ userId: z.string().optional(), cart: z.number().optional() }) } }),

  'A store around another that seals': () => {
    const { store, ...rest } = memory();
    return { store: encrypted(store as AtomicSessionStore, KEYED), ...rest };
  },

  'SQLite': async () => {
    const open = DRIVERS.libsql as typeof DRIVERS[string];
    const database = await open(join(temporaryFolder(), 'sessions.db'));
    const store = new SqliteStore({ database });
    await store.setup();
    closings.push(() => store.close(), () => database.close());
    const statement = database.prepare('UPDATE sessions SET ends_at = 1 WHERE handle = ?');
    return { store, expire: id => statement.run(store.handleOf(id)), cleanUp: () => store.gc() };
  },

  'PostgreSQL': async () => {
    const pool = new pg.Pool({ connectionString: postgresUrl() });
    const store = new PostgresStore({ pool, table: TABLE });
    await store.setup();
    closings.push(async () => {
      store.close();
      await pool.query(`DROP TABLE ${TABLE}`);
      await pool.end();
    });
    return {
      store, expire: id => pool.query(`UPDATE ${TABLE} SET ends_at = 1 WHERE handle = $1`, [store.handleOf(id)]), cleanUp: () => store.gc(),
    };
  },

  'MySQL': async () => {
    const admin = mysql.createPool(mysqlUrl());
    await admin.query(`CREATE DATABASE IF NOT EXISTS ${TABLE}`);
    const pool = mysql.createPool({ uri: mysqlUrl(), database: TABLE });
    const store = new MysqlStore({ pool });
    await store.setup();
    closings.push(async () => {
      store.close();
      await admin.query(`DROP DATABASE ${TABLE}`);
      await Promise.all([admin.end(), pool.end()]);
    });
    return {
      store, expire: id => pool.query('UPDATE sessions SET ends_at = 1 WHERE handle = ?', [store.handleOf(id)]), cleanUp: () => store.gc(),
    };
  },

};

/** Stores that keep nothing of it. */
const SILENT: { readonly [name: string]: () => Opened | Promise<Opened> } = {

  'Redis': async () => {
    const client = createClient({ url: redisUrl() });
    await client.connect();
    closings.push(() => client.destroy());
    const prefix = `${TABLE}:`;
    const store = new RedisStore({ client, prefix });
    return { store, expire: id => client.pExpireAt(prefix + store.handleOf(id), 1) };
  },

  'A store of four methods': () => {
    const store = new MapStore();
    return { store, expire: id => store.delete(id) };
  },

};

const PAGES: Record<string, Page> = {
  '/read': ctx => ({ ...ctx.session }),
  '/cart': ctx => { ctx.session.cart = 1; },
  '/sign-in': ctx => { ctx.session.userId = 'ada'; },
  '/end': ctx => { ctx.session = null; },
};

const NAMES = ['created', 'destroyed', 'expired', 'suspicious', 'failed', 'stale'] as const;

/** The events while a task runs. */
async function eventsDuring(task: () => Promise<unknown>): Promise<Array<readonly [string, unknown]>> {

  const events: Array<readonly [string, unknown]> = [];
  const listeners = NAMES.map(name => [`curveball:session:${name}`, (event: unknown) => events.push([name, event])] as const);
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  try {
    await task();
  } finally {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener);
  }
  return events;

}

async function opened(open: () => Opened | Promise<Opened>) {

  const { store, expire, options, cleanUp = () => {} } = await once(open);
  const { browser } = site(PAGES, { ...options, store, user: 'userId' });
  return { store: store as AtomicSessionStore, expire, cleanUp, browser };

}

for (const [name, open] of Object.entries(TELLING)) {

  describe(name, () => {

    it('reports each request that comes with the id of a session that has expired, and the user of it', async () => {

      const { store, expire, cleanUp, browser } = await opened(open);
      await browser.get('/sign-in');
      const id = idOf(browser);
      const handle = store.handleOf?.(id);
      await expire(id);
      const events = await eventsDuring(async () => {
        for (let request = 0; request < 2; request++) {
          const response = await browser.get('/read');
          deepStrictEqual(response.body, {});
          deepStrictEqual(setCookies(response), []);
        }
      });
      deepStrictEqual(events, Array(2).fill(['expired', { handle, user: 'ada', cookieName: 'CB' }]));
      ok(!inspect(events).includes(id.slice(16)));
      await cleanUp();
      deepStrictEqual(await eventsDuring(() => browser.get('/read')), [['suspicious', { handle, reason: 'unknown', cookieName: 'CB' }]]);

    });

    it('treats another secret as a guess', async () => {

      const { store, expire, browser } = await opened(open);
      await browser.get('/sign-in');
      const id = idOf(browser);
      await expire(id);
      const guess = await store.newSessionId(id);
      browser.cookies.set('CB', guess);
      deepStrictEqual(await eventsDuring(() => browser.get('/read')), [['suspicious', { handle: store.handleOf?.(guess), reason: 'unknown', cookieName: 'CB' }]]);

    });

    it('never adopts the id, and tries the next one that the request carries', async () => {

      const { store, expire, browser } = await opened(open);
      await browser.get('/sign-in');
      const id = idOf(browser);
      await expire(id);
      const events = await eventsDuring(() => browser.get('/cart'));
      const next = idOf(browser);
      ok(next !== id, 'the id was taken over');
      deepStrictEqual(events, [['expired', { handle: store.handleOf?.(id), user: 'ada', cookieName: 'CB' }], ['created', { handle: store.handleOf?.(next), user: null, cookieName: 'CB' }]]);
      browser.cookies.clear();
      const both = await eventsDuring(async () => {
        const { body } = await browser.get('/read', { headers: { Cookie: `CB=${id}; CB=${next}` } });
        deepStrictEqual(body, { cart: 1 });
      });
      deepStrictEqual(both, [['expired', { handle: store.handleOf?.(id), user: 'ada', cookieName: 'CB' }]]);

    });

    it('says "expired" of no session that was ended, also when its mark has passed', async () => {

      const { store, expire, browser } = await opened(open);
      await browser.get('/sign-in');
      const late = browser.clone();
      const handle = store.handleOf?.(idOf(late));
      await browser.get('/end');
      deepStrictEqual(await eventsDuring(() => late.get('/read')), [['suspicious', { handle, reason: 'retired', cookieName: 'CB' }]]);
      await expire(idOf(late));
      deepStrictEqual(await eventsDuring(() => late.get('/read')), [['suspicious', { handle, reason: 'unknown', cookieName: 'CB' }]]);

    });

  });

}

for (const [name, open] of Object.entries(SILENT)) {

  describe(name, () => {

    it('treats a session that has expired as a guess', async () => {

      const { store, expire, browser } = await opened(open);
      await browser.get('/sign-in');
      const id = idOf(browser);
      await expire(id);
      const events = await eventsDuring(async () => strictEqual((await browser.get('/read')).status, 200));
      strictEqual(events.length, 1);
      const [[event, { reason }]] = events as [[string, { reason: string }]];
      deepStrictEqual([event, reason], ['suspicious', 'unknown']);
      if (!store.handleOf) return;
      deepStrictEqual(events, [['suspicious', { handle: store.handleOf(id), reason: 'unknown', cookieName: 'CB' }]]);
      ok(!inspect(events).includes(id.slice(16)));

    });

  });

}
