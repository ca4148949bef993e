import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cached } from '../../src/cache/cached-store.js';
import { encrypted, MemoryStore, type SessionOptions, type SessionStore, wrapStore } from '../../src/index.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { openStore } from '../../src/open/open-store.js';
import { Browser } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { type Page, site as siteOf } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/read': ctx => ({ ...ctx.session }),
  '/cart': ctx => { ctx.session.cart = 1; },
  '/count': ctx => ctx.updateSession(values => { values.count = (values.count ?? 0) + 1; }),
  '/renew': ctx => { ctx.sessionId = null; },
  '/sign-out': ctx => { ctx.session = null; },
};

const KEYED = { keys: [{ id: 'a', secret: 'a secret of the application, long enough' }] };

function browserOf(store: SessionStore, jar: Map<string, string>, options: Omit<Partial<SessionOptions>, 'store'> = {}): Browser {

  return new Browser(siteOf(PAGES, { touchInterval: 3600, ...options, store }).app, jar);

}

const bodyOf = async (browser: Browser, path: string) => (await browser.get(path)).body;

/** One browser, in front of processes of each stage. */
function stages(from: SessionStore, to: SessionStore, options: Omit<Partial<SessionOptions>, 'store'> = {}) {

  const jar = new Map<string, string>();
  const on = (store: SessionStore) => browserOf(store, jar, options);
  return { jar, before: on(from), preparing: on(migrating({ from, to, phase: 'prepare' })), moving: on(migrating({ from, to })), after: on(to) };

}

describe('migrating() from a store with four methods', () => {

  it('takes sessions over with ids of any form, which stay until they are renewed', async () => {

    const [from, to] = [new MapStore(), await openStore('sqlite::memory:')];
    from.newSessionId = async () => 'kZ0v/+1q==: é';
    const { jar, before, moving, after } = stages(from, to);
    await before.get('/cart');
    const cookie = jar.get('CB');
    deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1 });
    strictEqual(from.records.size, 0);
    await moving.get('/count');
    deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1, count: 1 });
    strictEqual(jar.get('CB'), cookie);
    await moving.get('/renew');
    match(jar.get('CB') ?? '', /^\w{59}$/);
    deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1, count: 1 });
    // The store alone knows only ids of its own.
    deepStrictEqual(await bodyOf(after, '/read'), { cart: 1, count: 1 });

  });

  it('works with processes that know only the old store, while the move is prepared', async () => {

    const { jar, before, preparing } = stages(new MapStore(), new MemoryStore());
    await preparing.get('/cart');
    await before.get('/count');
    await preparing.get('/renew');
    deepStrictEqual(await bodyOf(before, '/read'), { cart: 1, count: 1 });
    await before.get('/sign-out');
    strictEqual(jar.size, 0);

  });

  it('finds a session by its old id in a process that still prepares the move, and renews it there', async () => {

    const [from, to] = [new MapStore(), await openStore('sqlite::memory:')];
    const { before, moving, preparing } = stages(from, to);
    await before.get('/cart');
    await moving.get('/read');
    await preparing.get('/renew');
    await preparing.get('/count');
    deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1, count: 1 });
    await preparing.get('/sign-out');
    deepStrictEqual(await bodyOf(moving, '/read'), {});

  });

  it('finishes a takeover whose process died after any of its steps', async () => {

    for (const died of ['create', 'end'] as const) {
      const [from, to] = [new MapStore(), new MemoryStore()];
      const { jar, before, preparing, moving } = stages(from, to);
      await before.get('/cart');
      const hangs = (store: SessionStore) => wrapStore(store, inner => ({
        [died]: async (...args: never[]) => {
          await (inner[died] as (...args: never[]) => unknown)(...args);
          return new Promise(() => {});
        },
      }));
      const dying = died === 'create' ? migrating({ from, to: hangs(to) }) : migrating({ from: hangs(from), to });
      strictEqual((await browserOf(dying, jar, { storeTimeout: 0.05 }).get('/read')).status, 503);
      deepStrictEqual(await bodyOf(preparing, '/read'), { cart: 1 }, died);
      await preparing.get('/count');
      deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1, count: 1 }, died);
      await moving.get('/sign-out');
      deepStrictEqual([from.records.size, to.store.size], [0, 0]);
    }

  });

  it('gives a session the lifetime of the option expiry, since the old store does not know how long it lives', async () => {

    const [from, to] = [new MapStore(), new MemoryStore()];
    await from.set('an-id', { cart: 1 }, Date.now() / 1000 + 60);
    const found = await migrating({ from, to, expiry: 600 }).load('an-id');
    strictEqual(found?.status, 'live');
    strictEqual(found.remaining, 601);

  });

});

describe('migrating() and other stores around stores', () => {

  const WAYS: { readonly [sentence: string]: () => [from: SessionStore, to: SessionStore] } = {
    'adds encryption on the way': () => [new MemoryStore(), encrypted(new MemoryStore(), KEYED)],
    'removes encryption on the way': () => [encrypted(new MemoryStore(), KEYED), new MemoryStore()],
    'moves between encrypted stores': () => [encrypted(new MemoryStore(), KEYED), encrypted(new MemoryStore(), KEYED)],
    'moves between stores with copies': () => [cached(new MemoryStore()), cached(new MemoryStore())],
    'encrypts sessions of a store with four methods': () => [new MapStore(), encrypted(new MemoryStore(), KEYED)],
  };

  for (const [sentence, make] of Object.entries(WAYS)) {

    it(sentence, async () => {

      const { before, preparing, moving, after } = stages(...make(), { grace: 30 });
      await before.get('/cart');
      await preparing.get('/count');
      await preparing.get('/renew');
      deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1, count: 1 });
      await moving.get('/count');
      await preparing.get('/count');
      await moving.get('/renew');
      deepStrictEqual(await bodyOf(after, '/read'), { cart: 1, count: 3 });
      await moving.get('/sign-out');
      deepStrictEqual(await bodyOf(after, '/read'), {});

    });

  }

  it('may be inside of them', async () => {

    const [from, to] = [new MemoryStore(), new MemoryStore()];
    for (const around of [(store: SessionStore) => cached(store), (store: SessionStore) => encrypted(store, KEYED)]) {
      const jar = new Map<string, string>();
      await browserOf(around(from), jar).get('/cart');
      const browser = browserOf(around(migrating({ from, to })), jar);
      await browser.get('/count');
      deepStrictEqual(await bodyOf(browser, '/read'), { cart: 1, count: 1 });
      await browser.get('/count');
      deepStrictEqual(await bodyOf(browserOf(around(to), jar), '/read'), { cart: 1, count: 2 });
      strictEqual(from.store.size, 0);
    }

  });

});

describe('ctx.exclusive() while sessions move', () => {

  /** A store whose handles are unique, as those of the stores on servers are. */
  const sqlite = () => openStore('sqlite::memory:');

  it('excludes a holder in a process that knows one of the stores only, or prepares the move', async () => {

    const [from, to] = [await sqlite(), await sqlite()];
    const preparing = migrating({ from, to, phase: 'prepare' });
    const moving = migrating({ from, to });
    const lock = new Map([['@curveball/session record', 'null']]);
    const handle = to.newSessionId().slice(0, 16);
    const newId = () => to.newSessionId(`${handle}${'x'.repeat(43)}`);
    const claim = async (store: Pick<typeof from, 'create'>) => {
      const id = newId();
      return await store.create(id, lock, { lifetime: 60 }) ? id : null;
    };
    for (const [first, others] of [[from, [preparing, moving]], [to, [moving]], [preparing, [from, moving]], [moving, [from, to, preparing]]] as const) {
      const id = await claim(first) as string;
      for (const other of others) strictEqual(await claim(other), null);
      strictEqual(await first.touch(id, 90), true);
      for (const other of others) strictEqual(await claim(other), null);
      await first.delete(id);
      for (const other of others) {
        const next = await claim(other) as string;
        strictEqual(typeof next, 'string');
        await other.delete(next);
      }
    }

  });

});
