import { deepStrictEqual, notStrictEqual, strictEqual } from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { SessionOptions, SessionStore } from '../../src/index.js';
import { type Browser, idOf, setCookies } from '../support/browser.js';
import { deferred } from '../support/events.js';
import { storesOf } from '../support/every-store.js';
import { type Page, type PageContext, site } from '../support/site.js';

/*
 * A request comes with the id of a session that was ended a moment ago, as on
 * another device. A whole object begins a session; a change of a key is late.
 */

/** Each begins a session with `{ userId: 5 }` where the id was ended. */
const BEGINNINGS: Record<string, Page> = {
  '/assign': ctx => { ctx.session = { userId: 5 }; },
  '/assign-and-save': async ctx => {
    ctx.session = { userId: 5 };
    await ctx.saveSession();
  },
  '/assign-and-update': async ctx => {
    ctx.session = { userId: 4 };
    await ctx.updateSession(session => { session.userId++; });
  },
  '/update-with-an-object': ctx => ctx.updateSession(() => ({ userId: 5 })),
  '/assign-what-was-there': ctx => { ctx.session = { ...ctx.session, userId: 5 }; },
};

/** Each changes a session that no longer exists. */
const CHANGES: Record<string, Page> = {
  '/key': ctx => { ctx.session.visits = 1; },
  '/key-and-save': async ctx => {
    ctx.session.visits = 1;
    await ctx.saveSession();
  },
  '/update-a-key': ctx => ctx.updateSession(session => { session.visits = 1; }),
  '/assign-a-key': ctx => { Object.assign(ctx.session, { visits: 1 }); },
};

for (const [name, makeStore] of Object.entries(storesOf('begin_after_end'))) {

  describe(`With the id of a session that was ended a moment ago, on ${name}`, () => {

    const opened: SessionStore[] = [];
    after(async () => { for (const store of opened) await (store as Partial<{ close(): unknown }>).close?.(); });

    const open = async (options: Partial<SessionOptions> = {}) => {
      const [arrived, released] = [deferred(), deferred()];
      const store = await makeStore();
      opened.push(store);
      /** A page that reads its session, and goes on when that has ended. */
      const late = (page: (ctx: PageContext, before: object) => unknown): Page => async ctx => {
        const before = { ...ctx.session };
        arrived.resolve();
        await released.promise;
        await page(ctx, before);
      };
      const there = site<SessionStore>({
        ...BEGINNINGS, ...CHANGES,
        '/create': ctx => { ctx.session = { userId: 3, cart: 'a book' }; },
        '/read': ctx => ({ ...ctx.session }),
        '/end': ctx => { ctx.session = null; },
        '/sign-in-as-another': ctx => { ctx.session = { userId: 6 }; },
        '/assign-of-no-one': ctx => { ctx.session = { lastSeen: 1 }; },
        '/assign-what-was-there-of-no-one': ctx => { ctx.session = { ...ctx.session, lastSeen: 1 }; },
        '/sign-in-anew': ctx => {
          ctx.session.userId = 5;
          ctx.sessionId = null;
        },
        '/late': late((ctx, before) => { ctx.session = { ...before, visits: 1 }; }),
        '/late-and-save': late(async (ctx, before) => {
          ctx.session = { ...before, visits: 1 };
          await ctx.saveSession();
        }),
        '/late-after-null': late(async (ctx, before) => {
          ctx.session = null;
          await ctx.saveSession();
          ctx.session = before;
        }),
        '/late-update': late(ctx => ctx.updateSession(session => ({ ...session, visits: 1 }))),
      }, { ...options, store });
      await there.browser.get('/create');
      return { ...there, arrived, released };
    };

    const statusOf = async (browser: Browser, path: string) => (await browser.get(path)).status;

    it('a whole object begins a session of its own', async () => {

      for (const path of Object.keys(BEGINNINGS)) {
        const { browser } = await open();
        const ended = idOf(browser);
        await browser.clone().get('/end');
        strictEqual(await statusOf(browser, path), 200, path);
        notStrictEqual(idOf(browser), ended);
        deepStrictEqual((await browser.get('/read')).body, { userId: 5 }, path);
      }

    });

    it('a change of a key is refused, and sends no cookie', async () => {

      for (const path of Object.keys(CHANGES)) {
        const { browser } = await open();
        await browser.clone().get('/end');
        const answer = await browser.get(path);
        strictEqual(answer.status, 409, path);
        deepStrictEqual(setCookies(answer), [], path);
        deepStrictEqual((await browser.get('/read')).body, {});
      }

    });

    it('a whole object is refused if the request found the session alive, and holds its values', async () => {

      for (const path of ['/late', '/late-and-save', '/late-after-null', '/late-update']) {
        const { browser, arrived, released } = await open();
        const late = browser.clone().get(path);
        await arrived.promise;
        await browser.clone().get('/end');
        released.resolve();
        const answer = await late;
        strictEqual(answer.status, 409, path);
        deepStrictEqual(setCookies(answer), [], path);
        deepStrictEqual((await browser.get('/read')).body, {}, path);
      }

    });

    it('a whole object is refused if another user has signed in in its place, in the same browser', async t => {

      if (name === 'a store of four methods') return t.diagnostic('it knows no users');
      for (const path of ['/assign-of-no-one', '/assign-what-was-there-of-no-one']) {
        const { browser } = await open({ user: 'userId' });
        const late = browser.clone();
        await browser.get('/sign-in-as-another');
        const id = idOf(browser);
        const answer = await late.get(path);
        strictEqual(answer.status, 409, path);
        deepStrictEqual(setCookies(answer), [], path);
        strictEqual(idOf(browser), id);
        deepStrictEqual((await browser.get('/read')).body, { userId: 6 });
      }

    });

    it('a whole object is refused if the session was moved: the visitor has another by now', async () => {

      for (const path of Object.keys(BEGINNINGS)) {
        const { browser } = await open();
        const late = browser.clone();
        await browser.get('/sign-in-anew');
        const answer = await late.get(path);
        strictEqual(answer.status, 409, path);
        deepStrictEqual(setCookies(answer), [], path);
      }

    });

  });

}
