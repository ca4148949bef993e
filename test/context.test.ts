import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import session from '../src/index.js';
import { Browser, idOf, setCookies } from './support/browser.js';
import { type Page, pageOf, site } from './support/site.js';

const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/read': ctx => ctx.session,
  '/end': ctx => { ctx.session = null; },
};

describe('ctx.sessionId', () => {

  it('is null until the session is stored, then its id, also for an outer middleware', async () => {

    const seen: unknown[] = [];
    const app = new Application();
    app.use(async (ctx, next) => {
      await next();
      seen.push(ctx.sessionId, ctx.session);
    }, session({ store: 'memory' }), pageOf({ ...PAGES, '/create': ctx => {
      ctx.session = { userId: 5 };
      seen.push(ctx.sessionId);
    } }));
    const browser = new Browser(app);
    await browser.get('/create');
    deepStrictEqual(seen, [null, idOf(browser), { userId: 5 }]);
    await browser.get('/end');
    deepStrictEqual(seen.slice(3), [null, {}]);

  });

  it('gives the session a new id when null is assigned, with the same data', async () => {

    const { browser, store } = site({ ...PAGES, '/sign-in': ctx => {
      ctx.session.userId = 6;
      ctx.sessionId = null;
      return { id: ctx.sessionId };
    } });
    await browser.get('/create');
    const old = idOf(browser);
    const response = await browser.get('/sign-in');
    deepStrictEqual(response.body, { id: null });
    match(setCookies(response)[0], /^CB=[0-9A-Za-z]{59}; Path=\/; HttpOnly; SameSite=Lax$/);
    notStrictEqual(idOf(browser), old);
    deepStrictEqual([...store.store.keys()], [idOf(browser)]);
    deepStrictEqual((await browser.get('/read')).body, { userId: 6 });

  });

  it('refuses a text: an id that someone chose is no secret', async () => {

    for (const id of ['chosen', '', 0, false, {}]) {
      const { browser, errors, store } = site({ '/': ctx => {
        ctx.session = { a: 1 };
        ctx.sessionId = id as never;
      } });
      strictEqual((await browser.get('/')).status, 500);
      ok(errors[0] instanceof TypeError);
      match(errors[0].message, /ctx\.sessionId .*only null/);
      notStrictEqual([...store.store.keys()][0], id);
    }

  });

});

describe('ctx.session', () => {

  it('refuses anything but a plain object, and keeps its values', async () => {

    for (const wrong of [[], 'text', 5, true, new Map(), new Date(), () => {}, Symbol('x')]) {
      const { browser, errors } = site({ ...PAGES, '/wrong': ctx => { ctx.session = wrong; } });
      await browser.get('/create');
      strictEqual((await browser.get('/wrong')).status, 500);
      ok(errors[0] instanceof TypeError);
      match(errors[0].message, /ctx\.session can't be an? \w+/);
      deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
    }

  });

  it('belongs to the request: it is never the object that another request assigned', async () => {

    const shared = { list: [1] };
    const { browser } = site({ ...PAGES, '/shared': ctx => { ctx.session = shared; } });
    await browser.get('/shared');
    shared.list.push(2);
    deepStrictEqual((await browser.get('/read')).body, { list: [1] });

  });

  it('may be frozen or without a prototype', async () => {

    const { browser } = site({
      ...PAGES,
      '/frozen': ctx => { ctx.session = Object.freeze({ a: 1 }); },
      '/bare': ctx => { ctx.session = Object.assign(Object.create(null), { b: 1 }); },
    });
    await browser.get('/frozen');
    deepStrictEqual((await browser.get('/read')).body, { a: 1 });
    await browser.get('/bare');
    deepStrictEqual((await browser.get('/read')).body, { b: 1 });

  });

});
