import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { encrypted, type EncryptionOptions, MemoryStore, type SessionStore } from '../../src/index.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { Browser, idOf } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { KEYED } from '../support/sealed.js';
import { temporaryFolder } from '../support/servers/server.js';
import { type Page, site } from '../support/site.js';
import { DRIVERS } from '../stores/sqlite/sqlite-drivers.js';

/** What visitors do, and what their sessions hold then. */
const PAGES: Record<string, Page> = {
  '/begin': ctx => { ctx.session = { cart: ['oolong'], pageBefore: '/secret-page' }; },
  '/sign-in': ctx => {
    ctx.session.account = { name: 'Ada Lovelace', cardNumber: 4929123456781234 };
    ctx.sessionId = null;
  },
  '/count': ctx => ctx.updateSession(session => { session.visits = (session.visits ?? 987654) + 1; }),
  '/empty-cart': ctx => { delete ctx.session.cart; },
  '/read': ctx => ctx.session,
  '/end': ctx => { ctx.session = null; },
};

const VALUES = ['oolong', 'secret-page', 'Lovelace', '4929123456781234', '987655', 'cardNumber'];

/** A store, and every byte that it keeps. */
type Open = () => Promise<{ store: SessionStore; dump: () => string; close(): void }>;

const STORES: { readonly [name: string]: Open } = {

  'a memory store': async () => {
    const store = new MemoryStore();
    return { store, dump: () => JSON.stringify([...store.store]), close: () => store.close() };
  },

  'a store of four methods, which keeps ids as they are': async () => {
    const store = new MapStore();
    return { store, dump: () => JSON.stringify([[...store.records], [...store.expires]]), close() {} };
  },

  'a SQLite file and its log': async () => {
    const file = `${temporaryFolder()}/sessions.db`;
    const database = await DRIVERS.libsql(file);
    const store = new SqliteStore({ database });
    await store.setup();
    return {
      store,
      dump: () => ['', '-wal', '-shm'].map(end => file + end).filter(existsSync).map(name => readFileSync(name, 'latin1')).join('\n'),
      close() {
        store.close();
        database.close();
      },
    };
  },

};

const SECRETS: { readonly [name: string]: EncryptionOptions } = { 'with keys of the application': KEYED, 'without keys': {} };

for (const [name, open] of Object.entries(STORES)) {
  for (const [secrets, options] of Object.entries(SECRETS)) {

    describe(`A dump of ${name}, ${secrets}`, () => {

      it('has no id and no value, and no text in it works as a cookie', async () => {

        const { store, dump, close } = await open();
        const { app, browser, errors } = site(PAGES, { store: encrypted(store, options) });
        const ids = new Set<string>();
        const dumps = [dump()];
        for (const visitor of [browser, new Browser(app), new Browser(app)]) {
          for (const path of ['/begin', '/count', '/sign-in', '/read', '/count', '/empty-cart', ...visitor === browser ? ['/end'] : []]) {
            strictEqual((await visitor.get(path)).status, 200, path);
            if (idOf(visitor)) ids.add(idOf(visitor));
            dumps.push(dump());
          }
        }
        deepStrictEqual(errors, []);
        strictEqual(ids.size, 6);
        const all = dumps.join('\n');
        for (const key of ['account', 'visits']) ok(all.includes(key), `the name of the key ${key} is readable`);
        for (const value of VALUES) ok(!all.includes(value), value);
        for (const id of ids) ok(!all.includes(id) && !all.includes(id.slice(16)), 'the secret of an id');

        const thief = new Browser(app);
        const candidates = new Set([...all.match(/[\w-]{16,}/g) ?? []].flatMap(parts));
        ok(candidates.size > 10);
        for (const candidate of candidates) {
          thief.cookies.set('CB', candidate);
          deepStrictEqual((await thief.get('/read')).body, {}, candidate);
        }
        close();

      });

    });

  }
}

/** A text, and each part of it that is as long as an id; of a long one, the first. */
function parts(text: string): string[] {

  const starts = Array.from({ length: Math.max(0, Math.min(200, text.length - 58)) }, (_, start) => start);
  return [text, ...starts.map(start => text.slice(start, start + 59))].filter(part => part.length < 500);

}
