import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import session, { MemoryStore } from '../src/index.js';
import { Browser, idOf, setCookies } from './support/browser.js';
import { errorsToStatus, type Page, pageOf, site } from './support/site.js';

const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/read': ctx => ctx.session,
  '/nothing': () => 'nothing',
  '/add': ctx => { ctx.session.more = true; },
  '/deep': ctx => { ctx.session.list.push(2); },
  '/with-list': ctx => { ctx.session = { list: [1] }; },
  '/end': ctx => { ctx.session = null; },
  '/new-id': ctx => { ctx.sessionId = null; },
  '/throw': ctx => {
    ctx.session.before = 'the error';
    throw new Error('a bug in a page');
  },
};

describe('A session', () => {

  it('begins when something is put into it, and goes on with the cookie', async () => {

    const { browser, store } = site(PAGES);
    await browser.get('/create');
    match(idOf(browser), /^[0-9A-Za-z]{59}$/);
    deepStrictEqual([...store.store.keys()], [idOf(browser)]);
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });

  });

  it('does not begin when it is only read', async () => {

    const { browser, store } = site({
      ...PAGES,
      '/look': ctx => [ctx.session.userId, 'x' in ctx.session, Object.keys(ctx.session), ctx.sessionId],
      '/clear': ctx => {
        ctx.session = {};
        ctx.session = null;
        ctx.sessionId = null;
      },
      '/undefined': ctx => {
        ctx.session.a = undefined;
      },
    });
    for (const path of ['/read', '/look', '/clear', '/undefined', '/nothing']) deepStrictEqual(setCookies(await browser.get(path)), [], path);
    strictEqual(store.store.size, 0);

  });

  it('keeps what was put in with a nested change, and sends an unchanged id once', async () => {

    const { browser } = site(PAGES);
    await browser.get('/with-list');
    deepStrictEqual(setCookies(await browser.get('/deep')), []);
    deepStrictEqual(setCookies(await browser.get('/add')), []);
    deepStrictEqual((await browser.get('/read')).body, { list: [1, 2], more: true });

  });

  it('is saved, and its cookie is sent, also when a later middleware throws', async () => {

    const { browser } = site(PAGES);
    const response = await browser.get('/throw');
    strictEqual(response.status, 500);
    ok(String(response.body).includes('a bug in a page'));
    strictEqual(setCookies(response).length, 1);
    deepStrictEqual((await browser.get('/read')).body, { before: 'the error' });

  });

  it('is refreshed by a request that does not use it', async () => {

    const clock = { now: 1_800_000_000 };
    const { browser, store } = site(PAGES, { store: new MemoryStore({ now: () => clock.now }), expiry: 100 });
    await browser.get('/create');
    for (const path of ['/read', '/nothing', '/read']) {
      clock.now += 90;
      await browser.get(path);
      strictEqual(store.store.get(idOf(browser))?.[0], clock.now + 100);
    }
    clock.now += 100;
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
    clock.now += 101;
    deepStrictEqual((await browser.get('/read')).body, {});

  });

  it('may have an expiry of 0, and lives on for its second', async () => {

    const clock = { now: 1_800_000_000 };
    const { browser, store } = site(PAGES, { store: new MemoryStore({ now: () => clock.now }), expiry: 0 });
    await browser.get('/create');
    strictEqual(store.store.get(idOf(browser))?.[0], clock.now);
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
    clock.now += 1;
    deepStrictEqual((await browser.get('/read')).body, {});

  });

  it('with an expiry of 0 ends a touch interval after it began, however it is used', async () => {

    const clock = { now: 1_800_000_000 };
    const { browser, store } = site(PAGES, { store: new MemoryStore({ now: () => clock.now }), expiry: 0, touchInterval: 60 });
    await browser.get('/create');
    strictEqual(store.store.get(idOf(browser))?.[0], clock.now + 60);
    clock.now += 60;
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
    strictEqual((await browser.get('/add')).status, 200);
    clock.now += 1;
    deepStrictEqual((await browser.get('/read')).body, {});

  });

  it('ends when null, {} or nothing is left in it, and its cookie is cleared', async () => {

    const pages: Record<string, Page> = {
      ...PAGES,
      '/empty': ctx => { ctx.session = {}; },
      '/undefined': ctx => { ctx.session = undefined; },
      '/logout': ctx => {
        ctx.session = {};
        ctx.sessionId = null;
      },
      '/logout-2': ctx => {
        ctx.sessionId = null;
        ctx.session = null;
      },
    };
    for (const path of ['/end', '/empty', '/undefined', '/logout', '/logout-2']) {
      const { browser, store } = site(pages);
      await browser.get('/create');
      const old = browser.clone();
      const [line, ...more] = setCookies(await browser.get(path));
      match(line, /^CB=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/, path);
      deepStrictEqual(more, []);
      strictEqual(store.store.size, 0, path);
      strictEqual(browser.cookies.size, 0);
      deepStrictEqual((await old.get('/read')).body, {}, path);
    }

  });

  it('stays without data when its last key is deleted, until its time is over', async () => {

    const ways: Record<string, Page> = {
      '/keys': ctx => { for (const key of Object.keys(ctx.session)) delete ctx.session[key]; },
      '/remove-last': ctx => { delete ctx.session.userId; },
      '/undefined-key': ctx => { ctx.session.userId = undefined; },
    };
    for (const path of Object.keys(ways)) {
      const clock = { now: 1000 };
      const { browser } = site({ ...PAGES, ...ways }, { store: new MemoryStore({ now: () => clock.now }) });
      await browser.get('/create');
      const id = idOf(browser);
      deepStrictEqual(setCookies(await browser.get(path)), []);
      deepStrictEqual((await browser.get('/read')).body, {});
      await browser.get('/add');
      strictEqual(idOf(browser), id);
      deepStrictEqual((await browser.get('/read')).body, { more: true });
      await browser.get('/keys');
      if (path !== '/keys') await browser.get('/keys');
      clock.now += 3601;
      await browser.get('/add');
      notStrictEqual(idOf(browser), id, path);
    }

  });

  it('goes on when it was cleared and filled again', async () => {

    const { browser } = site({
      ...PAGES,
      '/swap': ctx => {
        ctx.session = null;
        ctx.session.other = 1;
      },
    });
    await browser.get('/create');
    const id = idOf(browser);
    deepStrictEqual(setCookies(await browser.get('/swap')), []);
    strictEqual(idOf(browser), id);
    deepStrictEqual((await browser.get('/read')).body, { other: 1 });

  });

  it('has its cookie cleared only by the request that ended it', async () => {

    const { browser } = site(PAGES);
    await browser.get('/create');
    const second = browser.clone();
    await browser.get('/end');
    deepStrictEqual(setCookies(await second.get('/end')), []);
    deepStrictEqual(setCookies(await second.get('/read')), []);
    const other = second.clone();
    other.cookies.set('CB', 'unknown');
    deepStrictEqual(setCookies(await other.get('/end')), []);
    strictEqual(other.cookies.get('CB'), 'unknown');

  });

  it('has an id that only the store gives: one that it does not know is never used', async () => {

    const { browser, store } = site(PAGES);
    browser.cookies.set('CB', 'x'.repeat(43));
    deepStrictEqual(setCookies(await browser.get('/read')), []);
    await browser.get('/create');
    notStrictEqual(idOf(browser), 'x'.repeat(43));
    deepStrictEqual([...store.store.keys()], [idOf(browser)]);

  });

  it('is not found by a cookie of another name, nor by an id in any other place', async () => {

    const { browser, app } = site(PAGES);
    await browser.get('/create');
    const id = idOf(browser);
    const other = new Browser(app);
    for (const name of ['cb', 'CB2', 'XCB', '__Host-CB']) other.cookies.set(name, id);
    const headers = { Authorization: `Bearer ${id}`, 'X-Session-Id': id, 'Set-Cookie': `CB=${id}` };
    deepStrictEqual((await other.post(`/read?CB=${id}`, { headers, body: { CB: id } })).body, {});

  });

  it('is that of the first cookie of our name that lives', async () => {

    const { app, browser } = site(PAGES);
    await browser.get('/create');
    const live = idOf(browser);
    const read = (header: string) => new Browser(app).get('/read', { headers: { Cookie: header } });
    deepStrictEqual((await read(`CB=dead; CB=${live}`)).body, { userId: 5 });
    deepStrictEqual((await read(`CB="x"; CB=a; CB=b; CB=c; CB=${live}`)).body, { userId: 5 });
    deepStrictEqual((await read(`CB=a; CB=b; CB=c; CB=d; CB=${live}`)).body, {});
    await browser.get('/new-id');
    deepStrictEqual((await read(`CB=${live}; CB=${idOf(browser)}`)).body, { userId: 5 });

  });

});

describe('The middleware', () => {

  it('stores nothing for 1000 visitors who only read', async () => {

    const { app, store } = site(PAGES);
    for (let i = 0; i < 1000; i++) deepStrictEqual(setCookies(await new Browser(app).get('/read')), []);
    strictEqual(store.store.size, 0);

  });

  it('gives every application a memory of its own for store: memory', async () => {

    const apps = [0, 1].map(() => {
      const app = new Application();
      app.use(errorsToStatus(), session({ store: 'memory' }), pageOf(PAGES));
      return app;
    });
    const browser = new Browser(apps[0]);
    await browser.get('/create');
    const other = new Browser(apps[1]);
    other.cookies.set('CB', idOf(browser));
    deepStrictEqual((await other.get('/read')).body, {});

  });

});
