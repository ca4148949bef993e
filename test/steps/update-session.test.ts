import type { SessionValues } from '../../src/base/store.js';
import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, SessionValueError } from '../../src/index.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { count, withPage } from '../support/counter.js';
import { MapStore } from '../support/map-store.js';
import { RecordingStore } from '../support/recording-store.js';
import { type PageContext, site } from '../support/site.js';

describe('ctx.updateSession()', () => {

  for (const [name, store] of [
    ['in memory', () => new MemoryStore()], ['over a wire', () => new RecordingStore()], ['with four methods', () => new MapStore()],
  ] as const) {
    it(`loses none of 20 counts in parallel: a store ${name}`, async () => {

      const { browser, stored } = await withPage(() => {}, store());
      const responses = await Promise.all(Array.from({ length: 20 }, () => browser.clone().get('/count')));
      deepStrictEqual(responses.map(({ status }) => status), Array.from({ length: 20 }, () => 200));
      deepStrictEqual(await stored(), { userId: 5, n: 20 });

    });
  }

  it('stores earlier changes of the request together with its own', async () => {

    const store = new RecordingStore();
    const { visit, stored } = await withPage(async ctx => {
      ctx.session.before = 1;
      delete ctx.session.userId;
      return ctx.updateSession(values => {
        deepStrictEqual({ ...values }, { before: 1 });
        values.n = 1;
      });
    }, store);
    store.takeCalls();
    deepStrictEqual((await visit()).body, { before: 1, n: 1 });
    deepStrictEqual(store.takeCalls(), ['load', 'update']);
    deepStrictEqual(await stored(), { before: 1, n: 1 });

  });

  it('is the base of later changes of the request', async () => {

    const store = new RecordingStore();
    const { visit, stored, browser } = await withPage(async ctx => {
      await browser.clone().get('/count');
      await ctx.updateSession(count);
      ctx.session.later = ctx.session.n;
      await ctx.updateSession(count);
      delete ctx.session.userId;
    }, store);
    strictEqual((await visit()).status, 200);
    deepStrictEqual(await stored(), { n: 3, later: 2 });

  });

  it('keeps references to ctx.session valid', async () => {

    const { visit, stored, browser } = await withPage(async ctx => {
      const { session } = ctx;
      session.gone = 1;
      await browser.clone().get('/count');
      await ctx.updateSession(values => {
        count(values);
        delete values.gone;
      });
      strictEqual(ctx.session, session);
      deepStrictEqual({ ...session }, { userId: 5, n: 2 });
      session.later = true;
    });
    strictEqual((await visit()).status, 200);
    deepStrictEqual(await stored(), { userId: 5, n: 2, later: true });

  });

  it('returns the session as it is now, and takes new values that are returned', async () => {

    const { visit, stored } = await withPage(async ctx => {
      const returned = await ctx.updateSession(async values => ({ n: values.userId + 1 }));
      strictEqual(returned, ctx.session);
      return { ...returned };
    });
    deepStrictEqual((await visit()).body, { n: 6 });
    deepStrictEqual(await stored(), { n: 6 });

  });

  it('may be called twice at once in one request', async () => {

    for (const store of [new MemoryStore(), new RecordingStore(), new MapStore()]) {
      const { visit, stored, app } = await withPage(ctx => Promise.all([ctx.updateSession(count), ctx.updateSession(count)]), store);
      await visit();
      deepStrictEqual(await stored(), { userId: 5, n: 2 });
      // If there was no session, both are in the one that was created.
      const other = new Browser(app);
      strictEqual(setCookies(await other.get('/page')).length, 1);
      deepStrictEqual((await other.get('/read')).body, { n: 2 });
    }

  });

  it('keeps changes that the request makes while it waits', async () => {

    const store = new RecordingStore();
    const { visit, stored } = await withPage(async ctx => {
      const { session } = ctx;
      const updating = ctx.updateSession(count);
      session.added = true;
      await updating;
      strictEqual(session.added, true);
    }, store);
    strictEqual((await visit()).status, 200);
    deepStrictEqual(await stored(), { userId: 5, n: 1, added: true });

  });

  it('refuses anything but a function, and asks the store for nothing', async () => {

    const store = new RecordingStore();
    const { visit } = await withPage(ctx => ctx.updateSession({ n: 1 } as never), store);
    store.takeCalls();
    const { status, body } = await visit();
    deepStrictEqual([status, String(body)], [500, 'TypeError: ctx.updateSession() was given an Object: it must be a function of the values']);
    deepStrictEqual(store.takeCalls(), ['load']);

  });

  it('creates a session if there is none, at once', async () => {

    const { app, store } = site({ '/page': async ctx => {
      strictEqual(ctx.sessionId, null);
      await ctx.updateSession(count);
      return ctx.sessionId;
    } });
    const browser = new Browser(app);
    const response = await browser.get('/page');
    strictEqual(response.body as unknown, idOf(browser));
    deepStrictEqual(await store.get(idOf(browser)), { n: 1 });

  });

  it('creates nothing if there is none and the function adds nothing', async () => {

    const { browser, store } = site({ '/page': ctx => ctx.updateSession(() => ({})) });
    deepStrictEqual(setCookies(await browser.get('/page')), []);
    strictEqual(store.store.size, 0);

  });

  it('leaves a session without data if nothing is left, as a parallel request may still add to it', async () => {

    const { visit, store, browser } = await withPage(async ctx => {
      await ctx.updateSession(() => ({}));
      return [ctx.sessionId, { ...ctx.session }];
    });
    const id = idOf(browser);
    deepStrictEqual((await visit()).body, [id, {}]);
    strictEqual((store as MemoryStore).store.size, 1);
    strictEqual(idOf(browser), id);

  });

  it('gives a requested new id at once', async () => {

    const { visit, browser, stored } = await withPage(async ctx => {
      ctx.sessionId = null;
      await ctx.updateSession(count);
      return ctx.sessionId;
    });
    const old = idOf(browser);
    strictEqual((await visit()).body as unknown, idOf(browser));
    notStrictEqual(idOf(browser), old);
    deepStrictEqual(await stored(), { userId: 5, n: 1 });

  });

  it('reads the store again after a conflict, and calls the function with the values that it finds', async () => {

    const store = new RecordingStore();
    const seen: unknown[] = [];
    const { visit, stored, browser } = await withPage(ctx => ctx.updateSession(async values => {
      seen.push({ ...values });
      if (seen.length === 1) await browser.clone().get('/count');
      count(values);
    }), store);
    store.takeCalls();
    await visit();
    deepStrictEqual(seen, [{ userId: 5 }, { userId: 5, n: 1 }]);
    deepStrictEqual(await stored(), { userId: 5, n: 2 });
    deepStrictEqual(store.takeCalls().slice(0, 6), ['load', 'load', 'update', 'update', 'load', 'update']);

  });

  it('signs in after several conflicts, and loses no change that others made meanwhile', async () => {

    let tries = 0;
    const { browser } = site({
      '/begin': ctx => { ctx.session.seen = 0; },
      '/other': ctx => { ctx.session.seen += 1; },
      '/read': ctx => ctx.session,
      '/sign-in': async ctx => {
        ctx.session.page = '/sign-in';
        await ctx.updateSession(async values => {
          if (++tries < 4) await other.get('/other');
          values.userId = 5;
        });
      },
    }, { user: 'userId' });
    await browser.get('/begin');
    const other = browser.clone();
    strictEqual((await browser.get('/sign-in')).status, 200);
    strictEqual(tries, 4);
    deepStrictEqual((await browser.get('/read')).body, { seen: 3, page: '/sign-in', userId: 5 });

  });

  it('leaves everything as it was if the function throws', async () => {

    const problem = new Error('out of stock');
    const page = async (ctx: PageContext) => {
      ctx.session.before = 1;
      let caught: unknown;
      await ctx.updateSession(values => {
        values.n = 1;
        delete values.before;
        throw problem;
      }).catch(error => { caught = error; });
      strictEqual(caught, problem);
      deepStrictEqual({ n: ctx.session.n, before: ctx.session.before }, { n: undefined, before: 1 });
    };
    const { visit, stored, app } = await withPage(page);
    strictEqual((await visit()).status, 200);
    deepStrictEqual(await stored(), { userId: 5, before: 1 });

    const other = new Browser(app);
    strictEqual((await other.get('/page')).status, 200);
    deepStrictEqual((await other.get('/read')).body, { before: 1 });

  });

  it('refuses values that can\'t be stored', async () => {

    const bad = await withPage(ctx => ctx.updateSession(values => { values.deep = { a: 1n }; }));
    strictEqual((await bad.visit()).status, 500);
    ok(bad.errors[0] instanceof SessionValueError);
    strictEqual(bad.errors[0].path, 'session.deep.a');
    deepStrictEqual(await bad.stored(), { userId: 5 });

  });

  it('treats a returned value as the session only if it is another plain object', async () => {

    const updates: Array<[update: (values: SessionValues) => unknown, stored: SessionValues]> = [
      [values => values.n = 1, { userId: 5, n: 1 }],
      [values => values.userId++, { userId: 6 }],
      [values => values.cart = {}, { userId: 5, cart: {} }],
      [values => values.cart = { box: {} }, { userId: 5, cart: { box: {} } }],
      [values => values.list = [1], { userId: 5, list: [1] }],
      [values => values.none = null, { userId: 5, none: null }],
      [values => values, { userId: 5 }],
      [values => ({ ...values, n: 1 }), { userId: 5, n: 1 }],
      [() => ({ n: 1 }), { n: 1 }],
      ...[undefined, null, 'text', '', 5, 0, [1], true, false].map(
        value => [() => value, { userId: 5 }] as [() => unknown, SessionValues],
      ),
    ];
    for (const [update, expected] of updates) {
      const { visit, stored } = await withPage(ctx => ctx.updateSession(update as (values: SessionValues) => void));
      strictEqual((await visit()).status, 200, String(update));
      deepStrictEqual(await stored(), expected, String(update));
    }

  });

  it('does not mistake a member that is assigned again for another session', async () => {

    const { visit, stored } = await withPage(async ctx => {
      await ctx.updateSession(values => { values.cart = { box: {} }; });
      await ctx.updateSession((values => values.cart.box = {}) as (values: SessionValues) => void);
      await ctx.updateSession((values => values.cart = { box: {} }) as (values: SessionValues) => void);
    });
    strictEqual((await visit()).status, 200);
    deepStrictEqual(await stored(), { userId: 5, cart: { box: {} } });

  });

  it('refuses a function that changes the session and returns another one', async () => {

    const { visit, stored, errors } = await withPage(ctx => ctx.updateSession(values => {
      values.n = 1;
      return { other: 1 };
    }));
    strictEqual((await visit()).status, 500);
    ok(errors[0] instanceof TypeError);
    deepStrictEqual(await stored(), { userId: 5 });

  });

});
