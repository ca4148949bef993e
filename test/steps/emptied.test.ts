import { deepStrictEqual, notStrictEqual, strictEqual } from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { SessionStore } from '../../src/index.js';
import { type Browser, idOf, setCookies } from '../support/browser.js';
import { deferred } from '../support/events.js';
import { storesOf } from '../support/every-store.js';
import { forgetForms, submit, tokenOf } from '../support/forms.js';
import { type Page, site } from '../support/site.js';

/*
 * A page shows a message once, which is the only key of the session. Emptied is
 * not ended: a key that another request sets at the same time is kept.
 */

/** Each removes the only key, and none of them ends the session. */
const EMPTYING: Record<string, Page> = {
  '/show': ctx => { delete ctx.session.flash; },
  '/show-and-save': async ctx => {
    delete ctx.session.flash;
    await ctx.saveSession();
  },
  '/show-in-one-step': ctx => ctx.updateSession(session => { delete session.flash; }),
  '/show-with-a-form': async ctx => {
    delete ctx.session.flash;
    return ctx.getCsrf();
  },
  '/show-under-a-new-id': ctx => {
    delete ctx.session.flash;
    ctx.sessionId = null;
  },
};

/** Each ends it. */
const ENDING: Record<string, Page> = {
  '/null': ctx => { ctx.session = null; },
  '/empty-object': ctx => { ctx.session = {}; },
};

for (const [name, makeStore] of Object.entries(storesOf('emptied'))) {

  describe(`A session whose last key is removed, on ${name}`, () => {

    const opened: SessionStore[] = [];
    after(async () => { for (const store of opened) await (store as Partial<{ close(): unknown }>).close?.(); });

    const open = async (options = {}) => {
      const store = await makeStore();
      opened.push(store);
      const [arrived, released] = [deferred(), deferred()];
      const there = site<SessionStore>({
        ...EMPTYING, ...ENDING,
        '/flash': ctx => { ctx.session.flash = 'Saved'; },
        '/read': ctx => ({ ...ctx.session }),
        '/id': ctx => ({ id: ctx.sessionId, info: ctx.sessionInfo !== null }),
        '/cart': ctx => { ctx.session.cart = 'a book'; },
        '/copy': ctx => ctx.updateSession(session => ({ ...session })),
        '/submit': ctx => { ctx.validateCsrf(); },
        '/held': async ctx => {
          const { page = '', ...values } = { ...ctx.session, page: ctx.query.page };
          deepStrictEqual(values, { flash: 'Saved' });
          arrived.resolve();
          await released.promise;
          return ({ ...EMPTYING, '/cart': (held: typeof ctx) => { held.session.cart = 'a book'; } } as Record<string, Page>)[page]?.(ctx);
        },
      }, { store, ...options });
      await there.browser.get('/flash');
      return { ...there, arrived, released };
    };

    /** The session that a browser sees without the cookies of forms. */
    const read = async (browser: Browser) => (await browser.get('/read')).body as unknown;

    it('lives on without keys, under its id, and keeps later changes', async () => {

      for (const path of Object.keys(EMPTYING)) {
        const { browser } = await open();
        const id = idOf(browser);
        strictEqual((await browser.get(path)).status, 200, path);
        deepStrictEqual(await read(browser), {}, path);
        const now = idOf(browser);
        if (path.includes('new-id')) notStrictEqual(now, id);
        else strictEqual(now, id, path);
        deepStrictEqual((await browser.get('/id')).body, { id: now, info: true }, path);
        const answer = await browser.get('/cart');
        deepStrictEqual([answer.status, setCookies(answer).length], [200, 0], path);
        deepStrictEqual(await read(browser), { cart: 'a book' }, path);
      }

    });

    it('keeps the key that another request sets at the same time, whichever of the two comes first', async () => {

      for (const path of Object.keys(EMPTYING).filter(each => !each.includes('new-id'))) {
        for (const [held, other] of [[path, '/cart'], ['/cart', path]] as const) {
          const { browser, arrived, released } = await open();
          const late = browser.clone().get(`/held?page=${held}`);
          await arrived.promise;
          const answer = await browser.get(other);
          released.resolve();
          deepStrictEqual([answer.status, (await late).status], [200, 200], `${held} after ${other}`);
          deepStrictEqual(await read(browser), { cart: 'a book' }, `${held} after ${other}`);
        }
      }

    });

    it('does not end if an update returns a copy of nothing', async () => {

      const { browser } = await open();
      await browser.get('/show');
      const id = idOf(browser);
      const answer = await browser.get('/copy');
      deepStrictEqual([answer.status, setCookies(answer), idOf(browser)], [200, [], id]);
      strictEqual((await browser.get('/cart')).status, 200);
      deepStrictEqual(await read(browser), { cart: 'a book' });

    });

    it('gives the page a form that works, with the session\'s cookie alone as well', async () => {

      for (const options of name === 'a store of four methods' ? [{}] : [{}, { user: 'userId' }]) {
        const { browser } = await open(options);
        const token = await tokenOf(browser, '/show-with-a-form');
        strictEqual(await submit(browser, token), 200);
        forgetForms(browser);
        strictEqual(await submit(browser, token), 200);
      }

    });

    it('ends if null or an empty object is assigned, also if it had no keys before', async () => {

      for (const path of Object.keys(ENDING)) {
        for (const begin of [[], ['/show']]) {
          const { browser } = await open();
          for (const each of begin) await browser.get(each);
          const twin = browser.clone();
          await browser.get(path);
          strictEqual(idOf(browser), '', path);
          deepStrictEqual((await twin.get('/id')).body, { id: null, info: false });
          strictEqual((await twin.get('/cart')).status, 409);
        }
      }

    });

  });

}
