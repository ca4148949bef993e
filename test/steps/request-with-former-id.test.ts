import { deepStrictEqual, notStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore } from '../../src/index.js';
import { idOf, setCookies } from '../support/browser.js';
import { deferred } from '../support/events.js';
import { type Page, site } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { cart: 1 }; },
  '/read': ctx => ctx.session,
  '/flash': ctx => { ctx.session.flash = 'saved'; },
  '/count': ctx => ctx.updateSession(values => { values.n = (values.n ?? 0) + 1; }),
  '/poll': ctx => ctx.updateSession(values => {
    if (values.userId) values.seen = true;
  }),
  '/poll-2': ctx => ctx.updateSession(values => ({ ...values, ...(values.userId ? { seen: true } : {}) })),
  '/sign-in': ctx => {
    ctx.session.userId = 5;
    ctx.sessionId = null;
  },
  '/sign-out': ctx => { ctx.session = null; },
  '/sign-out-2': ctx => {
    ctx.session = {};
    ctx.sessionId = null;
  },
};

/** A browser whose session has just moved, and a copy of it that still has the old id. */
async function moved() {

  const clock = { now: 1_800_000_000 };
  const there = site(PAGES, { store: new MemoryStore({ now: () => clock.now }) });
  await there.browser.get('/create');
  const stale = there.browser.clone();
  await there.browser.get('/sign-in');
  notStrictEqual(idOf(stale), idOf(there.browser));
  return { ...there, stale, clock };

}

async function ended() {

  const there = await moved();
  const stale = there.browser.clone();
  await there.browser.get('/sign-out');
  return { ...there, stale };

}

describe('A request with an id that moved or ended a moment ago', () => {

  for (const [name, before] of [['moved', moved], ['ended', ended]] as const) {

    it(`${name}: reads an empty session, and its cookie stays`, async () => {

      const { stale } = await before();
      const response = await stale.get('/read');
      strictEqual(response.status, 200);
      deepStrictEqual(response.body, {});
      deepStrictEqual(setCookies(response), []);

    });

    it(`${name}: may not write without a sign-in, or a new cookie could replace a newer one`, async () => {

      const { stale, store } = await before();
      const ids = [...store.store.keys()];
      for (const path of ['/flash', '/count']) {
        const response = await stale.get(path);
        strictEqual(response.status, 409, path);
        deepStrictEqual(setCookies(response), []);
      }
      deepStrictEqual([...store.store.keys()], ids);

    });

    it(`${name}: may sign in, and gets a new session that starts empty`, async () => {

      const { browser, stale, store } = await before();
      const others = store.store.size;
      const response = await stale.get('/sign-in');
      strictEqual(response.status, 200);
      strictEqual(setCookies(response).length, 1);
      deepStrictEqual((await stale.get('/read')).body, { userId: 5 });
      notStrictEqual(idOf(stale), idOf(browser));
      strictEqual(store.store.size, others + 1);

    });

    it(`${name}: counts as one without a session after 30 seconds`, async () => {

      const { stale, clock } = await before();
      clock.now += 31;
      const response = await stale.get('/flash');
      strictEqual(response.status, 200);
      deepStrictEqual((await stale.get('/read')).body, { flash: 'saved' });

    });

  }

  it('ends the session under its new id when it signs out: no sign-out succeeds while the session lives', async () => {

    for (const path of ['/sign-out', '/sign-out-2']) {
      const { browser, stale, store } = await moved();
      const response = await stale.get(path);
      strictEqual(response.status, 200);
      strictEqual(setCookies(response).length, 1);
      strictEqual(store.store.size, 0, path);
      deepStrictEqual((await browser.get('/read')).body, {});
    }

  });

  it('ends nothing and clears no cookie when it signs out of an ended session', async () => {

    const { stale } = await ended();
    const response = await stale.get('/sign-out');
    strictEqual(response.status, 200);
    deepStrictEqual(setCookies(response), []);

  });

  it('signs no one out by an updateSession() that leaves the empty session empty', async () => {

    for (const path of ['/poll', '/poll-2']) {
      const { browser, stale, store } = await moved();
      const response = await stale.get(path);
      strictEqual(response.status, 200);
      deepStrictEqual(setCookies(response), [], path);
      strictEqual(store.store.size, 1, path);
      deepStrictEqual((await browser.get('/read')).body, { cart: 1, userId: 5 });
    }

  });

  it('lets one of two regenerations win, and refuses the other', async () => {

    const arrived = deferred();
    const leave = deferred();
    const there = site({ ...PAGES, '/slow-sign-in': async ctx => {
      ctx.session.userId = 6;
      ctx.sessionId = null;
      arrived.resolve();
      await leave.promise;
    } });
    await there.browser.get('/create');
    const slow = there.browser.clone();
    const answer = slow.get('/slow-sign-in');
    await arrived.promise;
    await there.browser.get('/sign-in');
    leave.resolve();
    const response = await answer;
    strictEqual(response.status, 409);
    deepStrictEqual(setCookies(response), []);
    deepStrictEqual([...there.store.store.keys()], [idOf(there.browser)]);
    deepStrictEqual((await there.browser.get('/read')).body, { cart: 1, userId: 5 });

  });

  it('moves the changes that others had saved before', async () => {

    const arrived = deferred();
    const leave = deferred();
    const there = site({ ...PAGES, '/slow-sign-in': async ctx => {
      ctx.session.userId = 6;
      delete ctx.session.cart;
      ctx.sessionId = null;
      arrived.resolve();
      await leave.promise;
    } });
    await there.browser.get('/create');
    const answer = there.browser.get('/slow-sign-in');
    await arrived.promise;
    await there.browser.clone().get('/flash');
    leave.resolve();
    strictEqual((await answer).status, 200);
    deepStrictEqual((await there.browser.get('/read')).body, { flash: 'saved', userId: 6 });

  });

});
