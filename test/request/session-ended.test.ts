import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import { cached } from '../../src/cache/cached-store.js';
import session, { encrypted, isIndexing, MemoryStore, type SessionOptions, type SessionStore, UserSessions } from '../../src/index.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { storesOf } from '../support/every-store.js';
import { type Page, pageOf, site } from '../support/site.js';

/*
 * `ctx.sessionEnded`: what a handler learns of the id that its request brought.
 */

const PAGES: Record<string, Page> = {
  '/why': ctx => ({ why: ctx.sessionEnded }),
  '/why-and-sign-in': ctx => {
    const before = ctx.sessionEnded;
    ctx.session = { userId: 'bea' };
    return { why: [before, ctx.sessionEnded] };
  },
  '/sign-in': ctx => { ctx.session = { userId: 'ada' }; },
  '/sign-in-as-bea': ctx => { ctx.session = { userId: 'bea' }; },
  '/sign-out': ctx => { ctx.session = null; },
  '/new-id': ctx => { ctx.sessionId = null; },
};

/** What the store still knows of a session whose time is over. */
const EXPIRED: Record<string, string | null> = { 'Redis': null, 'a store of four methods': null };

const STORES: Record<string, () => SessionStore | Promise<SessionStore>> = {
  ...storesOf('session_ended'),
  'a cached store': () => cached(new MemoryStore()),
  'a cached, encrypted store': () => cached(encrypted(new MemoryStore())),
};

for (const [name, open] of Object.entries(STORES)) {

  describe(`ctx.sessionEnded on ${name}`, () => {

    const opened: SessionStore[] = [];
    after(async () => { for (const store of opened) await (store as Partial<{ close(): unknown }>).close?.(); });

    const signedIn = async (options: Partial<SessionOptions> = {}) => {
      const store = await open();
      opened.push(store);
      const { browser } = site(PAGES, { user: 'userId', ...options, store });
      strictEqual((await browser.get('/sign-in')).status, 200);
      return { store, browser, tab: browser.clone() };
    };
    const why = async (browser: Browser) => {
      const response = await browser.get('/why');
      deepStrictEqual(setCookies(response), []);
      return (response.body as unknown as { why: unknown }).why;
    };

    it('is null without an id, with a live session, and with an id that never was', async () => {

      const { browser, tab } = await signedIn();
      strictEqual(await why(new Browser(browser.app)), null);
      strictEqual(await why(tab), null);
      const id = idOf(tab);
      await browser.get('/sign-out');
      for (const guessed of [id.slice(0, -1) + (id.endsWith('A') ? 'B' : 'A'), id.slice(0, 16).padEnd(id.length, 'x'), id.toLowerCase() === id ? id.toUpperCase() : id.toLowerCase()].filter(each => each !== id)) {
        tab.cookies.set('CB', guessed);
        strictEqual(await why(tab), null, guessed);
      }

    });

    it('says that the visitor signed out', async () => {

      const { browser, tab } = await signedIn();
      await browser.get('/sign-out');
      strictEqual(await why(tab), 'signed-out');
      // A sign-in now changes nothing about it.
      deepStrictEqual((await tab.get('/why-and-sign-in')).body, { why: ['signed-out', 'signed-out'] });
      strictEqual(await why(tab), null);

    });

    it('says that the id has moved, and that another user has signed in', async () => {

      for (const path of ['/new-id', '/sign-in-as-bea']) {
        const { browser, tab } = await signedIn();
        await browser.get(path);
        strictEqual(await why(tab), 'moved', path);
        strictEqual(await why(browser), null, path);
      }

    });

    it('says that the session was ended under its new id', async () => {

      const { browser, tab } = await signedIn();
      await browser.get('/new-id');
      await browser.get('/sign-out');
      strictEqual(await why(tab), 'signed-out');

    });

    it('says that the session was revoked', async t => {

      const { store, tab } = await signedIn();
      if (!isIndexing(store)) return t.skip('it knows no users');
      const sessions = new UserSessions(store);
      await sessions.endAll('ada');
      strictEqual(await why(tab), 'revoked');

    });

    it('says that the user had too many sessions', async t => {

      const store = await open();
      opened.push(store);
      if (!isIndexing(store)) return t.skip('it knows no users');
      const { browser } = site(PAGES, { user: 'userId', maxUserSessions: 1, store });
      const [one, other] = [browser.clone(), browser.clone()];
      await one.get('/sign-in');
      await other.get('/sign-in');
      strictEqual(await why(one), 'limit');
      strictEqual(await why(other), null);

    });

    it('says that the time was over, as long as the store knows', async () => {

      const { store, tab } = await signedIn();
      await store.set(idOf(tab), { userId: 'ada' }, Math.floor(Date.now() / 1000) - 10);
      strictEqual(await why(tab), name in EXPIRED ? EXPIRED[name] : 'expired');

    });

  });

}

describe('ctx.sessionEnded', () => {

  it('is read without using the session, and keeps the response from shared caches', async () => {

    const store = new MemoryStore();
    const { browser } = site(PAGES, { store });
    const anonymous = await browser.get('/why');
    strictEqual(anonymous.headers.get('Vary'), 'Cookie');
    strictEqual(store.store.size, 0);
    await browser.get('/sign-in');
    const touched = counted(store);
    await browser.get('/why');
    strictEqual(touched.count, 0);

  });

  it('is that of the innermost middleware, and null on a path without its cookie', async () => {

    const [outer, inner] = [new MemoryStore(), new MemoryStore()];
    const app = new Application();
    app.use(session({ store: outer, cookieName: 'OUTER' }), session({ store: inner, cookieName: 'INNER', cookieOptions: { path: '/in' } }), pageOf({
      '/in/sign-in': PAGES['/sign-in'] as Page, '/in/sign-out': PAGES['/sign-out'] as Page, '/in/why': PAGES['/why'] as Page, '/why': PAGES['/why'] as Page,
    }));
    const browser = new Browser(app);
    await browser.get('/in/sign-in');
    const tab = browser.clone();
    await browser.get('/in/sign-out');
    deepStrictEqual((await tab.get('/in/why')).body, { why: 'signed-out' });
    deepStrictEqual((await tab.get('/why')).body, { why: null });

  });

  it('says nothing of the session of another cookie in the same store', async () => {

    const store = new MemoryStore();
    const [one, other] = ['ONE', 'OTHER'].map(cookieName => site(PAGES, { store, cookieName, user: 'userId' }).browser) as [Browser, Browser];
    await one.get('/sign-in');
    const id = idOf(one, 'ONE');
    await store.set(id, { userId: 'ada' }, Math.floor(Date.now() / 1000) - 10);
    other.cookies.set('OTHER', id);
    deepStrictEqual((await one.get('/why')).body, { why: 'expired' });
    deepStrictEqual((await other.get('/why')).body, { why: null });

  });

  it('can be replaced, as the other members can', async () => {

    const { browser } = site({ '/': ctx => {
      Object.assign(ctx, { sessionEnded: 'stand-in' });
      return { why: ctx.sessionEnded };
    } });
    deepStrictEqual((await browser.get('/')).body, { why: 'stand-in' });

  });

});

/** Counts the calls that write to a store. */
function counted(store: MemoryStore): { count: number } {

  const calls = { count: 0 };
  for (const method of ['touch', 'update', 'create', 'move', 'end'] as const) {
    const own = store[method].bind(store) as (...args: unknown[]) => unknown;
    Object.assign(store, { [method]: (...args: unknown[]) => {
      calls.count++;
      return own(...args);
    } });
  }
  return calls;

}
