import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { openPostgres } from '../../src/open/drivers/postgres.js';
import { PostgresStore } from '../../src/stores/postgres-store.js';
import { postgresUrl } from '../support/servers/addresses.js';
import { EVERY_STORE } from '../support/every-store.js';
import { never } from '../support/events.js';
import { type Page, site } from '../support/site.js';

const STORE_TIMEOUT = 0.3;

/** How long the process stands still, in milliseconds. */
const LONG = STORE_TIMEOUT * 1000 + 300;

/** Holds the whole process, as a long computation or a stop signal does. */
function standStill(milliseconds: number): void {

  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

}

type Method = 'create' | 'load' | 'update' | 'move' | 'end';

/** What each page asks of the store. */
const PAGES: ReadonlyArray<readonly [path: string, method: Method, page: Page]> = [
  ['/sign-in', 'create', ctx => { ctx.session = { userId: 5 }; }],
  ['/read', 'load', ctx => ctx.session],
  ['/change', 'update', ctx => { ctx.session.changed = true; }],
  ['/new-id', 'move', ctx => { ctx.sessionId = null; }],
  ['/sign-out', 'end', ctx => { ctx.session = null; }],
];

/** Holds the process once, a moment after a method has been called: its command is on its way then. */
function standStillDuring(store: object, method: Method): void {

  const methods = store as { [name: string]: (...args: unknown[]) => unknown };
  const original = methods[method].bind(store);
  methods[method] = (...args) => {
    methods[method] = original;
    const answer = original(...args);
    setImmediate(() => setImmediate(() => standStill(LONG)));
    return answer;
  };

}

describe('A process that stood still for longer than storeTimeout', () => {

  for (const kind of ['Redis', 'PostgreSQL', 'MySQL']) {
    it(`reads what has come from ${kind} before it gives up`, async () => {

      const { store, close } = await EVERY_STORE[kind]('standstill');
      try {
        const pages = Object.fromEntries(PAGES.map(([path, , page]) => [path, page]));
        const { browser, errors } = site(pages, { store, storeTimeout: STORE_TIMEOUT, user: 'userId' });
        // Each statement is prepared on each connection before: its first step would be all that is on its way.
        for (const round of ['opens its connections', 'prepares', 'prepares on all of them', 'stands still']) {
          for (const [path, method] of PAGES) {
            if (round === 'stands still') standStillDuring(store, method);
            const { status } = await browser.get(path);
            strictEqual(status, 200, `${path}: ${(errors.at(-1) as Error | undefined)?.cause}`);
          }
        }
      } finally {
        await close();
      }

    });
  }

  it('has statements prepared on the connections of openStore() all the same', async () => {

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
