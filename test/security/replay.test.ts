import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, UserSessions } from '../../src/index.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { type Page, site } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/cart': ctx => { ctx.session.cart = ['book']; },
  '/sign-in': ctx => { ctx.session.userId = 'ada'; },
  '/rotate': ctx => { ctx.sessionId = null; },
  '/prove': ctx => ctx.authenticated(),
  '/read': ctx => ctx.session,
  '/end': ctx => { ctx.session = null; },
  '/end-by-both': ctx => {
    ctx.session = {};
    ctx.sessionId = null;
  },
  '/raise-and-lower': async ctx => {
    ctx.session.admin = true;
    await ctx.saveSession();
    delete ctx.session.admin;
  },
  '/lower-and-raise-by-update': async ctx => {
    await ctx.updateSession(values => { values.level = 2; });
    ctx.session.level = 1;
  },
};

describe('A cookie that was seen before', () => {

  it('opens nothing after the sign-out, and nothing after the end of all sessions', async () => {

    const { app, browser, store } = site(PAGES, { user: 'userId' });
    const seen: string[] = [];
    const visit = async (path: string) => {
      await browser.get(path);
      if (idOf(browser) !== '') seen.push(idOf(browser));
    };
    const replayAll = async () => {
      for (const id of seen) {
        const thief = new Browser(app);
        thief.cookies.set('CB', id);
        const answer = await thief.get('/read');
        deepStrictEqual([answer.body, setCookies(answer)], [{}, []]);
      }
    };
    for (const path of ['/cart', '/sign-in', '/rotate', '/prove', '/cart', '/end']) await visit(path);
    await replayAll();
    for (const path of ['/cart', '/sign-in', '/prove']) await visit(path);
    await new UserSessions(store).endAll('ada');
    await replayAll();
    strictEqual(new Set(seen).size, 7);

  });

});

describe('Two changes of one key in a request', () => {

  it('are stored as the last one left them', async () => {

    const { browser } = site(PAGES);
    await browser.get('/cart');
    await browser.get('/raise-and-lower');
    deepStrictEqual((await browser.get('/read')).body, { cart: ['book'] });
    await browser.get('/lower-and-raise-by-update');
    deepStrictEqual((await browser.get('/read')).body, { cart: ['book'], level: 1 });

  });

});

describe('Requests that put nothing into a session', () => {

  it('store nothing, whatever they carry and whatever they end', async () => {

    const { app, store } = site(PAGES, { user: 'userId' });
    const ids = new MemoryStore();
    for (let turn = 0; turn < 1000; turn++) {
      const browser = new Browser(app);
      if (turn % 2) browser.cookies.set('CB', ids.newSessionId());
      for (const path of ['/read', '/end', '/end-by-both', '/rotate', '/prove']) {
        deepStrictEqual(setCookies(await browser.get(path)), []);
      }
    }
    strictEqual(store.store.size, 0);

  });

});
