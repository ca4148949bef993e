import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionOptions } from '../../src/index.js';
import { setCookies } from '../support/browser.js';
import { type Page, site as siteOf } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/cart': ctx => { ctx.session.cart = ['book']; },
  '/empty-cart': ctx => { delete ctx.session.cart; },
  '/sign-in': ctx => { ctx.session.userId = 'ada'; },
  '/read': ctx => ctx.session,
  '/rotate': ctx => { ctx.sessionId = null; },
  '/sign-out': ctx => { ctx.session = null; },
  '/sign-out-and-back': async ctx => {
    ctx.session = null;
    await ctx.saveSession();
    ctx.session.userId = 'bob';
  },
  '/begin-and-end': async ctx => {
    ctx.session.userId = 'ada';
    await ctx.saveSession();
    ctx.session = null;
  },
  '/sign-out-my-way': ctx => {
    ctx.response.headers.set('Clear-Site-Data', '"*"');
    ctx.session = null;
  },
};

const site = (options: Omit<SessionOptions, 'store'> = {}) => siteOf(PAGES, { clearSiteData: ['cache', 'storage'], ...options });

const clearSiteData = (answer: { headers: { get(name: string): string | null } }) => answer.headers.get('Clear-Site-Data');

describe('The option clearSiteData', () => {

  it('sends the header with the answer that ends a session, and with no other', async () => {

    const { browser } = site();
    for (const path of ['/read', '/cart', '/sign-in', '/rotate', '/read']) strictEqual(clearSiteData(await browser.get(path)), null, path);
    const late = browser.clone();
    strictEqual(clearSiteData(await browser.get('/sign-out')), '"cache", "storage"');
    strictEqual(clearSiteData(await browser.get('/sign-out')), null);
    strictEqual(clearSiteData(await late.get('/sign-out')), null, 'no session was ended');

  });

  it('is off by default', async () => {

    const { browser } = siteOf(PAGES);
    await browser.get('/sign-in');
    strictEqual(clearSiteData(await browser.get('/sign-out')), null);

  });

  it('with the option user, goes with sign-outs of users alone', async () => {

    const { browser } = site({ user: 'userId' });
    await browser.get('/cart');
    const emptied = await browser.get('/empty-cart');
    deepStrictEqual([setCookies(emptied).length, clearSiteData(emptied)], [0, null], 'emptied is not ended');
    const ended = await browser.get('/sign-out');
    deepStrictEqual([setCookies(ended).length, clearSiteData(ended)], [1, null]);
    await browser.get('/sign-in');
    strictEqual(clearSiteData(await browser.get('/sign-out')), '"cache", "storage"');

  });

  it('goes with a sign-out that has to follow the session to its new id', async () => {

    const { browser } = site({ user: 'userId' });
    await browser.get('/cart');
    const late = browser.clone();
    await browser.get('/sign-in');
    strictEqual(clearSiteData(await late.get('/sign-out')), '"cache", "storage"');

  });

  it('sends no header if a session has begun in the same answer', async () => {

    const { browser } = site({ user: 'userId' });
    await browser.get('/sign-in');
    strictEqual(clearSiteData(await browser.get('/sign-out-and-back')), null);
    browser.cookies.clear();
    strictEqual(clearSiteData(await browser.get('/begin-and-end')), null, 'the browser knows nothing of it');

  });

  it('leaves a header of the handler as it is', async () => {

    const { browser } = site();
    await browser.get('/sign-in');
    strictEqual(clearSiteData(await browser.get('/sign-out-my-way')), '"*"');

  });

});
