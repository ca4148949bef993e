import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { openPostgres } from '../../src/open/drivers/postgres.js';
import type { AtomicSessionStore } from '../../src/index.js';
import { FourMethodStore } from '../../src/stores/four-method-store.js';
import { PostgresStore } from '../../src/stores/postgres-store.js';
import { RedisStore } from '../../src/stores/redis-store.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { DRIVERS } from '../stores/sqlite/sqlite-drivers.js';
import { postgresUrl } from '../support/servers/addresses.js';
import { EVERY_STORE } from '../support/every-store.js';
import { never } from '../support/events.js';
import { MapStore } from '../support/map-store.js';
import { SINGLE } from '../support/redis-clients.js';
import { temporaryFolder } from '../support/servers/server.js';
import { type Page, site } from '../support/site.js';

const STORE_TIMEOUT = 0.3;

/** How long the process stands still, in milliseconds. */
const LONG = STORE_TIMEOUT * 1000 + 300;

/** Holds the whole process, as a long computation or a stop signal does. */
function standStill(milliseconds: number): void {

  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

}

type Method = 'create' | 'load' | 'update' | 'move' | 'end';

/** The method of the store that each page leads to. */
const PAGES: ReadonlyArray<readonly [path: string, method: Method, page: Page]> = [
  ['/sign-in', 'create', ctx => { ctx.session = { userId: 5 }; }],
  ['/read', 'load', ctx => ctx.session],
  ['/change', 'update', ctx => { ctx.session.changed = true; }],
  ['/new-id', 'move', ctx => { ctx.sessionId = null; }],
  ['/sign-out', 'end', ctx => { ctx.session = null; }],
];

/** The pages whose command the store refuses when it is late. */
const WRITES = PAGES.filter(([, method]) => ['create', 'update', 'move'].includes(method));

type Moment = (standStill: () => void) => unknown;

/** Holds the process once, at a moment after a method has been called. */
function standStillDuring(store: object, method: Method, moment: Moment): void {

  const methods = store as { [name: string]: (...args: unknown[]) => unknown };
  const original = methods[method].bind(store);
  methods[method] = (...args) => {
    methods[method] = original;
    const answer = original(...args);
    moment(() => standStill(LONG));
    return answer;
  };

}

/** Each kind of store, and another client of Redis. */
const STORES: typeof EVERY_STORE = {
  ...EVERY_STORE,
  'Redis by ioredis': async () => {
    const { client, close } = await SINGLE['ioredis, client']();
    return { store: new RedisStore({ client, prefix: 'standstill:' }), kept: async () => [], close: async () => close() };
  },
};

function siteOf(store: AtomicSessionStore) {

  const pages = Object.fromEntries(PAGES.map(([path, , page]) => [path, page]));
  return site(pages, { store, storeTimeout: STORE_TIMEOUT, user: 'userId' });

}

describe('A process that stood still for longer than storeTimeout', () => {

  for (const kind of ['Redis', 'Redis by ioredis', 'PostgreSQL', 'MySQL']) {
    it(`has its commands executed by ${kind}, and reads what has come before it gives up`, async () => {

      const { store, close } = await STORES[kind]('standstill');
      try {
        const { browser, errors } = siteOf(store);
        const visit = async (round: string, pages: typeof PAGES, moment?: Moment) => {
          for (const [path, method] of pages) {
            if (moment) standStillDuring(store, method, moment);
            const { status } = await browser.get(path);
            strictEqual(status, 200, `${path}, ${round}: ${(errors.at(-1) as Error | undefined)?.cause}`);
          }
        };
        // Each statement is prepared on each connection before; else only its preparation would be on its way.
        for (const round of ['opens its connections', 'prepares', 'prepares on all of them']) await visit(round, PAGES);
        await visit('stands still while a command is on its way', PAGES, standStill => setImmediate(() => setImmediate(standStill)));
        await visit('stands still before a command leaves', WRITES, queueMicrotask);
      } finally {
        await close();
      }

    });
  }

  it('writes to a SQLite file that was locked at first', async () => {

    const file = join(temporaryFolder(), 'sessions.db');
    const [database, other] = [await DRIVERS.libsql(file), await DRIVERS.libsql(file)];
    const store = new SqliteStore({ database });
    await store.setup();
    try {
      const { browser, errors } = siteOf(store);
      for (const [path, method] of WRITES) {
        other.exec('BEGIN IMMEDIATE');
        standStillDuring(store, method, standStill => queueMicrotask(() => {
          standStill();
          other.exec('COMMIT');
        }));
        strictEqual((await browser.get(path)).status, 200, `${path}: ${(errors.at(-1) as Error | undefined)?.cause}`);
      }
    } finally {
      store.close();
      other.close();
      database.close();
    }

  });

  it('writes to a store of four methods if it stood still while it read', async () => {

    const store = new FourMethodStore(new MapStore());
    const { browser, errors } = siteOf(store);
    for (const [path, method] of WRITES) {
      standStillDuring(store, method, queueMicrotask);
      strictEqual((await browser.get(path)).status, 200, `${path}: ${(errors.at(-1) as Error | undefined)?.cause}`);
    }

  });

  it('can use prepared statements on the connections of openStore()', async () => {

    const { pool, close } = await openPostgres(postgresUrl());
    try {
      const store = new PostgresStore({ pool, table: 'standstill' });
      await store.setup();
      await store.load(store.newSessionId());
      const { rows: [{ count }] } = await pool.query('SELECT count(*)::int AS count FROM pg_prepared_statements');
      ok(count > 0);
      await pool.query('DROP TABLE standstill');
    } finally {
      await close();
    }

  });

  it('gives up on a store that is silent afterwards, too', async () => {

    const { store } = await EVERY_STORE.memory('');
    const { browser, errors } = site({ '/sign-in': ctx => { ctx.session = { userId: 5 }; }, '/read': ctx => ctx.session }, { store, storeTimeout: STORE_TIMEOUT });
    await browser.get('/sign-in');
    store.load = never;
    const began = performance.now();
    const answer = browser.get('/read');
    await turn();
    standStill(LONG);
    strictEqual((await answer).status, 503);
    deepStrictEqual(errors.map(error => (error as Error).name), ['SessionStoreError']);
    const waited = performance.now() - began;
    ok(waited < STORE_TIMEOUT * 15_000, `it waited ${waited} ms`);

  });

});
