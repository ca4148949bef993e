import { deepStrictEqual, notStrictEqual, strictEqual, throws } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RedisStore as ConnectRedis } from 'connect-redis';
import { createClient, type RedisClientType } from 'redis';
import { cached } from '../../src/cache/cached-store.js';
import session, { encrypted, MemoryStore, type SessionStore } from '../../src/index.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { openStore } from '../../src/open/open-store.js';
import { ExpressStore } from '../../src/stores/express-store.js';
import { Browser } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { redisUrl } from '../support/servers/addresses.js';
import { type Page, site as siteOf } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/read': ctx => ({ ...ctx.session }),
  '/cart': ctx => { ctx.session.cart = 1; },
  '/count': ctx => ctx.updateSession(values => { values.count = (values.count ?? 0) + 1; }),
  '/sign-out': ctx => { ctx.session = null; },
  '/renew': ctx => { ctx.sessionId = null; },
};

const bodyOf = async (browser: Browser, path: string) => (await browser.get(path)).body;

/** One browser, in front of processes with different stores. */
function browsers(jar = new Map<string, string>()) {

  return { jar, on: (store: SessionStore) => new Browser(siteOf(PAGES, { store, touchInterval: 3600 }).app, jar) };

}

describe('migrating() with a store with four methods at one end:', () => {

  let client: RedisClientType;
  const prefix = `migrating-express-${process.pid}:`;
  const keys = () => client.keys(`${prefix}*`);
  before(async () => {
    client = createClient({ url: redisUrl() });
    await client.connect();
  });
  after(async () => {
    for (const key of await keys()) await client.del(key);
    client.destroy();
  });

  const STORES: { readonly [name: string]: () => SessionStore } = {
    'an ExpressStore around that of connect-redis': () => new ExpressStore(new ConnectRedis({ client, prefix })),
    'a store of the application\'s own': () => new MapStore(),
  };

  for (const [name, make] of Object.entries(STORES)) {

    it(`${name} has the sessions now`, async () => {

      const [from, to] = [make(), await openStore('sqlite::memory:')];
      const { jar, on } = browsers();
      await on(from).get('/cart');
      await on(migrating({ from, to, phase: 'prepare' })).get('/count');
      deepStrictEqual(await bodyOf(on(from), '/read'), { cart: 1, count: 1 });
      const id = jar.get('CB') as string;
      deepStrictEqual(await bodyOf(on(migrating({ from, to })), '/read'), { cart: 1, count: 1 });
      strictEqual(await from.get(id), null);
      await on(migrating({ from, to })).get('/renew');
      notStrictEqual(jar.get('CB'), id);
      deepStrictEqual(await bodyOf(on(to), '/read'), { cart: 1, count: 1 });
      strictEqual((await to.countSessions?.())?.live, 1);
      await on(migrating({ from, to })).get('/sign-out');
      strictEqual((await to.countSessions?.())?.live, 0);

    });

    it(`${name} gets the sessions, as on the way back`, async () => {

      const [from, to] = [await openStore('sqlite::memory:'), make()];
      const { jar, on } = browsers();
      await on(from).get('/cart');
      await on(migrating({ from, to, phase: 'prepare' })).get('/count');
      deepStrictEqual(await bodyOf(on(from), '/read'), { cart: 1, count: 1 });
      const moving = on(migrating({ from, to }));
      deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1, count: 1 });
      strictEqual((await from.countSessions?.())?.live, 0);
      await moving.get('/count');
      await moving.get('/renew');
      deepStrictEqual(await bodyOf(on(to), '/read'), { cart: 1, count: 2 });
      await moving.get('/sign-out');
      deepStrictEqual(jar.size, 0);

    });

    it(`${name} gets the sessions back that have left it`, async () => {

      const [old, next] = [make(), await openStore('sqlite::memory:')];
      const { on } = browsers();
      await on(old).get('/cart');
      await on(migrating({ from: old, to: next })).get('/count');
      await on(migrating({ from: next, to: old, phase: 'prepare' })).get('/count');
      deepStrictEqual(await bodyOf(on(migrating({ from: next, to: old })), '/read'), { cart: 1, count: 2 });
      await on(migrating({ from: next, to: old })).get('/renew');
      deepStrictEqual(await bodyOf(on(migrating({ from: next, to: old })), '/read'), { cart: 1, count: 2 });

    });

  }

  it('the middleware refuses a name of the cookie that such a store does not keep', () => {

    const pairs = [{ from: new MapStore(), to: new MemoryStore() }, { from: new MemoryStore(), to: new MapStore() }];
    for (const pair of pairs) {
      const chains = [{ from: migrating(pair), to: new MemoryStore() }, { from: new MemoryStore(), to: migrating(pair) }].map(migrating);
      for (const store of [migrating(pair), cached(migrating(pair)), ...chains, ...chains.map(from => migrating({ from, to: new MemoryStore() }))]) {
        session({ store });
        throws(() => session({ store, cookieName: 'other' }), { name: 'TypeError', message: /^cookieName is "other": it must be 'CB' while sessions move from or to a store with four methods/ });
      }
    }
    // Encrypted, it keeps the name, and so do two of its kind.
    session({ store: migrating({ from: encrypted(new MapStore()), to: encrypted(new MemoryStore()) }), cookieName: 'other' });
    session({ store: encrypted(migrating({ from: new MapStore(), to: new MemoryStore() })), cookieName: 'other' });

  });

});
