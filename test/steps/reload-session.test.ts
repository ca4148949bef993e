import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cached } from '../../src/cache/cached-store.js';
import { encrypted, MemoryStore, type SessionStore } from '../../src/index.js';
import { type Browser, idOf, setCookies } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { RecordingStore } from '../support/recording-store.js';
import { type Page, type PageContext, site } from '../support/site.js';
import { TakeStore } from '../support/take-store.js';

const FIRST = { userId: 5, theme: 'dark', gone: true };

/** What other requests do while the page runs. */
type Others = (path: string) => Promise<unknown>;

/** Runs a page on a session, while other requests change the session. */
async function during(
  page: (ctx: PageContext, others: Others) => unknown,
  { store = new MemoryStore(), ...options }: { store?: SessionStore; user?: string; grace?: number } = {},
) {

  let other: Browser;
  const pages: Record<string, Page> = {
    '/create': ctx => { ctx.session = { ...FIRST }; },
    '/theme': ctx => { ctx.session.theme = 'light'; },
    '/add': ctx => { ctx.session.added = [1]; },
    '/remove': ctx => { delete ctx.session.gone; },
    '/end': ctx => { ctx.session = null; },
    '/new-id': ctx => { ctx.sessionId = null; },
    '/read': ctx => ({ ...ctx.session }),
    '/page': ctx => page(ctx, path => other.get(path)),
  };
  const { browser, errors } = site(pages, { store, ...options });
  await browser.get('/create');
  other = browser.clone();
  const response = await browser.get('/page');
  return { browser, errors, response, stored: async () => (await other.get('/read')).body };

}

describe('ctx.reloadSession()', () => {

  for (const [name, store] of [
    ['in memory', () => new MemoryStore()], ['over a wire', () => new RecordingStore()], ['with four methods', () => new MapStore()],
    ['without moves', () => new TakeStore()], ['with encryption', () => encrypted(new MemoryStore())], ['with a cache', () => cached(new RecordingStore())],
  ] as const) {
    it(`shows what is stored now, and keeps what the request has changed: a store ${name}`, async () => {

      const { response, stored } = await during(async (ctx, others) => {
        const { session } = ctx;
        session.theme = 'own';
        session.mine = { deep: 1 };
        for (const path of ['/theme', '/add', '/remove']) await others(path);
        deepStrictEqual({ ...session }, { ...FIRST, theme: 'own', mine: { deep: 1 } });
        const now = await ctx.reloadSession();
        strictEqual(now, session);
        strictEqual(ctx.session, session);
        deepStrictEqual({ ...now }, { userId: 5, theme: 'own', added: [1], mine: { deep: 1 } });
      }, { store: store() });
      strictEqual(response.status, 200);
      deepStrictEqual(await stored(), { userId: 5, theme: 'own', added: [1], mine: { deep: 1 } });

    });
  }

  it('is one round trip, after which the request stores only what it has changed itself', async () => {

    const store = new RecordingStore();
    await during(async (ctx, others) => {
      await others('/theme');
      store.takeCalls();
      strictEqual((await ctx.reloadSession()).theme, 'light');
      deepStrictEqual(store.takeCalls(), ['load']);
    }, { store });
    deepStrictEqual(store.takeCalls(), []);

  });

  it('shows a key that the request deletes as deleted, and one that others set again afterwards as set', async () => {

    const { stored } = await during(async (ctx, others) => {
      delete ctx.session.theme;
      await others('/theme');
      await ctx.reloadSession();
      ok(!('theme' in ctx.session));
      await ctx.saveSession();
      await others('/theme');
      strictEqual((await ctx.reloadSession()).theme, 'light');
    });
    deepStrictEqual(await stored(), { ...FIRST, theme: 'light' });

  });

  it('leaves an assigned object as it is, which removes only keys that the request knew', async () => {

    for (const session of [{ userId: 5, whole: true }, Object.freeze({ userId: 5, whole: true })]) {
      const { stored } = await during(async (ctx, others) => {
        ctx.session = session;
        await others('/add');
        strictEqual(await ctx.reloadSession(), session);
        deepStrictEqual({ ...ctx.session }, { userId: 5, whole: true });
      });
      deepStrictEqual(await stored(), { userId: 5, whole: true, added: [1] });
    }

  });

  it('gives nothing of one user to the next, who signs in by a whole object', async () => {

    const { stored, browser } = await during(async (ctx, others) => {
      ctx.session = { userId: 6 };
      await others('/add');
      await ctx.reloadSession();
    }, { user: 'userId' });
    deepStrictEqual((await browser.get('/read')).body, { userId: 6 });
    deepStrictEqual(await stored(), {});

  });

  it('still ends the session if null was assigned', async () => {

    const { stored } = await during(async (ctx, others) => {
      ctx.session = null;
      await others('/add');
      deepStrictEqual({ ...await ctx.reloadSession() }, {});
    });
    deepStrictEqual(await stored(), {});

  });

  it('reports a session that has ended or moved with 409, each time, and brings nothing back', async () => {

    for (const path of ['/end', '/new-id']) {
      for (const store of [new MemoryStore(), new MapStore(), cached(new MemoryStore())]) {
        const codes: unknown[] = [];
        const { response, stored, errors, browser } = await during(async (ctx, others) => {
          ctx.session.mine = 1;
          await others(path);
          for (let i = 0; i < 2; i++) await ctx.reloadSession().catch(error => codes.push(error.code));
          await ctx.reloadSession();
        }, { store });
        strictEqual(response.status, 409);
        deepStrictEqual(codes, ['ERR_SESSION_ENDED', 'ERR_SESSION_ENDED']);
        strictEqual(errors.length, 1);
        deepStrictEqual(setCookies(response), []);
        deepStrictEqual((await browser.get('/read')).body, {});
        deepStrictEqual(await stored(), path === '/end' ? {} : FIRST);
      }
    }

  });

  it('finds a session under the new id that grace leads to, and sends its cookie', async () => {

    const { response, browser, stored } = await during(async (ctx, others) => {
      const before = ctx.sessionId;
      ctx.session.mine = 1;
      await others('/new-id');
      await others('/theme');
      deepStrictEqual({ ...await ctx.reloadSession() }, { ...FIRST, theme: 'light', mine: 1 });
      notStrictEqual(ctx.sessionId, before);
    }, { grace: 30 });
    strictEqual(response.status, 200);
    strictEqual(setCookies(response).length, 1);
    deepStrictEqual((await browser.get('/read')).body, { ...FIRST, theme: 'light', mine: 1 });
    deepStrictEqual(await stored(), { ...FIRST, theme: 'light', mine: 1 });

  });

  it('follows the request\'s own moves', async () => {

    const { response, browser } = await during(async ctx => {
      ctx.sessionId = null;
      await ctx.saveSession();
      await ctx.reloadSession();
      ctx.session.later = true;
    });
    strictEqual(response.status, 200);
    deepStrictEqual((await browser.get('/read')).body, { ...FIRST, later: true });

  });

  it('waits for what the request is storing', async () => {

    const { stored } = await during(async ctx => {
      ctx.session.mine = 1;
      const saved = ctx.saveSession();
      ctx.session.mine = 2;
      strictEqual((await ctx.reloadSession()).mine, 2);
      await saved;
      const counted = ctx.updateSession(values => { values.n = (values.n ?? 0) + 1; });
      await Promise.all([ctx.reloadSession(), counted, ctx.reloadSession()]);
      strictEqual((await ctx.reloadSession()).n, 1);
    }, { store: new RecordingStore() });
    deepStrictEqual(await stored(), { ...FIRST, mine: 2, n: 1 });

  });

  it('does nothing in a request without a session, and in one whose id was retired before', async () => {

    const store = new RecordingStore();
    const { browser } = site({
      '/create': ctx => { ctx.session = { userId: 5 }; },
      '/end': ctx => { ctx.session = null; },
      '/page': async ctx => {
        store.takeCalls();
        deepStrictEqual({ ...await ctx.reloadSession() }, {});
        deepStrictEqual(store.takeCalls(), []);
      },
    }, { store });
    strictEqual((await browser.get('/page')).status, 200);
    await browser.get('/create');
    const other = browser.clone();
    ok(idOf(other));
    await browser.get('/end');
    strictEqual((await other.get('/page')).status, 200);

  });

  it('gets 503 while the store fails, and the request\'s values stay', async () => {

    const store = new RecordingStore();
    const { response, stored } = await during(async ctx => {
      ctx.session.mine = 1;
      store.before = () => { throw new Error('connection lost'); };
      const error = await ctx.reloadSession().catch(each => each);
      strictEqual(error.httpStatus, 503);
      store.before = () => {};
      deepStrictEqual({ ...ctx.session }, { ...FIRST, mine: 1 });
    }, { store });
    strictEqual(response.status, 200);
    deepStrictEqual(await stored(), { ...FIRST, mine: 1 });

  });

  it('refuses values that can\'t be stored, and takes nothing over from the store then', async () => {

    const { stored } = await during(async (ctx, others) => {
      ctx.session.mine = 1n;
      await others('/theme');
      strictEqual((await ctx.reloadSession().catch(each => each)).code, 'ERR_SESSION_VALUE');
      strictEqual(ctx.session.theme, 'dark');
      ctx.session.mine = 1;
    });
    deepStrictEqual(await stored(), { ...FIRST, theme: 'light', mine: 1 });

  });

  it('is refused within the function of updateSession(), whose update would never end', async () => {

    const { response, errors } = await during(ctx => ctx.updateSession(() => ctx.reloadSession()));
    strictEqual(response.status, 500);
    strictEqual(String(errors[0]), 'TypeError: reloadSession() was called within the function of an updateSession() of the same request: change the values that the function is given');

  });

});
