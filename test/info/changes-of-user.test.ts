import { deepStrictEqual, notStrictEqual, strictEqual } from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type MemoryStore, type SessionOptions, type SessionRegenerated, UserSessions } from '../../src/index.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { type Page, type PageContext, site as siteOf } from '../support/site.js';

/** Handlers wait at this gate until the test opens it. */
let gate: Promise<void> | undefined;

const PAGES: Record<string, Page> = {
  '/read': ctx => ctx.session,
  '/cart': ctx => { ctx.session.cart = ['tea']; },
  '/sign-in': ctx => { ctx.session.userId = 5; },
  '/sign-in-then-save': async ctx => {
    ctx.session.userId = 5;
    await ctx.saveSession();
  },
  '/switch': ctx => { ctx.session.userId = 6; },
  '/switch-whole': ctx => { ctx.session = { userId: 6 }; },
  '/switch-by-update': ctx => ctx.updateSession(values => { values.userId = 6; }),
  '/leave': ctx => { delete ctx.session.userId; },
  '/switch-then-save': async ctx => {
    ctx.session.userId = 6;
    await ctx.saveSession();
    return ctx.session;
  },
  '/leave-then-save': async ctx => {
    delete ctx.session.userId;
    await ctx.saveSession();
    return ctx.session;
  },
  '/leave-then-save-a-flash': async ctx => {
    delete ctx.session.userId;
    ctx.session.flash = 'bye';
    await ctx.saveSession();
    await ctx.updateSession((values: Record<string, unknown>) => { values.count = 1; });
  },
  '/step-up': ctx => {
    ctx.session.level = 2;
    ctx.authenticated();
  },
  '/prove': ctx => ctx.authenticated(),
  '/slow-theme': async ctx => {
    strictEqual(ctx.session.userId, 5);
    await gate;
    ctx.session.theme = 'dark';
  },
  '/slow-read': async ctx => {
    strictEqual(ctx.session.userId, 5);
    await gate;
  },
  '/token': ctx => ctx.getCsrf(),
  '/check': (ctx: PageContext) => ctx.validateCsrf(ctx.query.token),
};

const site = (options: Omit<SessionOptions, 'store'> & { store?: MemoryStore } = {}) => siteOf(PAGES, { user: 'userId', ...options });

/** A browser with a session that was stored before the application had the option `user`. */
async function sessionOfOld(options: Omit<SessionOptions, 'store'> = {}) {

  const { browser, store } = siteOf(PAGES);
  for (const path of ['/cart', '/sign-in']) await browser.get(path);
  const now = site({ store, ...options });
  const visitor = new Browser(now.app);
  visitor.cookies.set('CB', idOf(browser));
  return { ...now, browser: visitor, sessions: new UserSessions(store) };

}

describe('The data of a user', () => {

  it('is not stored again for another user by a request that saves twice', async () => {

    const { browser } = site();
    for (const path of ['/cart', '/sign-in']) await browser.get(path);
    deepStrictEqual((await browser.get('/switch-then-save')).body, { userId: 6 });
    deepStrictEqual((await browser.get('/read')).body, { userId: 6 });

  });

  it('is not stored again after a sign-out in a request that saves twice', async () => {

    const { browser, store } = site();
    for (const path of ['/cart', '/sign-in']) await browser.get(path);
    deepStrictEqual((await browser.get('/leave-then-save')).body, {});
    deepStrictEqual([browser.cookies.size, store.store.size], [0, 0]);
    for (const path of ['/cart', '/sign-in', '/leave-then-save-a-flash']) await browser.get(path);
    deepStrictEqual((await browser.get('/read')).body, { flash: 'bye', count: 1 });

  });

  it('is not in the session of the second click of a sign-in that saves twice', async () => {

    const { browser, store } = site();
    await browser.get('/cart');
    const clicks = [browser.clone(), browser.clone()];
    const answers = await Promise.all(clicks.map(click => click.get('/sign-in-then-save')));
    deepStrictEqual(answers.map(({ status }) => status), [200, 200]);
    const [loser] = clicks.filter(click => store.load(idOf(click))?.status === 'live') as [Browser];
    deepStrictEqual((await loser.get('/read')).body, { userId: 5 });

  });

});

describe('A session from before the option user', () => {

  it('is bound by the first request that reads it, and counts as no proof of identity', async () => {

    const { browser, sessions } = await sessionOfOld();
    const former = idOf(browser);
    const reasons: string[] = [];
    const listener = (event: unknown) => reasons.push((event as SessionRegenerated).reason);
    subscribe('curveball:session:regenerated', listener);
    await browser.get('/read');
    unsubscribe('curveball:session:regenerated', listener);
    deepStrictEqual(reasons, ['binding']);
    notStrictEqual(idOf(browser), former);
    deepStrictEqual((await browser.get('/read')).body, { cart: ['tea'], userId: 5 });
    deepStrictEqual((await sessions.list(5)).map(({ authenticatedAt }) => authenticatedAt), [null]);

  });

  it('is not a sign-in: of two changes at once one is late, and nothing is lost', async () => {

    for (const other of ['/slow-theme', '/slow-read']) {
      const { browser, sessions } = await sessionOfOld();
      const [one, two] = [browser.clone(), browser.clone()];
      let open = () => {};
      gate = new Promise(resolve => { open = resolve; });
      const answers = Promise.all([one.get(other), two.get('/slow-theme')]);
      open();
      const [first, second] = await answers;
      deepStrictEqual([first.status, second.status, setCookies(second)], [200, 409, []]);
      deepStrictEqual((await one.get('/read')).body, { cart: ['tea'], userId: 5, ...(other === '/slow-theme' ? { theme: 'dark' } : {}) });
      strictEqual((await sessions.list(5)).length, 1);
    }

  });

  it('ends if its user\'s sessions are ended while it is bound, without an error for a request that only reads', async () => {

    const { browser, store, sessions } = await sessionOfOld();
    const late = new Browser(siteOf({ '/read': async ctx => {
      strictEqual(ctx.session.userId, 5);
      await sessions.endAll(5);
    } }, { user: 'userId', store }).app);
    late.cookies.set('CB', idOf(browser));
    const answer = await late.get('/read');
    deepStrictEqual([answer.status, setCookies(answer)], [200, []]);
    deepStrictEqual((await browser.get('/read')).body, {});

  });

  it('keeps changes that are made while it is bound, with grace', async () => {

    const { browser } = await sessionOfOld({ grace: 10 });
    const [one, two] = [browser.clone(), browser.clone()];
    gate = undefined;
    deepStrictEqual((await Promise.all([one.get('/read'), two.get('/slow-theme')])).map(({ status }) => status), [200, 200]);
    strictEqual(idOf(one), idOf(two));
    deepStrictEqual((await one.get('/read')).body, { cart: ['tea'], userId: 5, theme: 'dark' });

  });

  it('leaves nothing to the next user, or to no one, even if that is the first request that reads it', async () => {

    for (const [path, left] of [
      ['/switch', { userId: 6 }], ['/switch-whole', { userId: 6 }], ['/switch-then-save', { userId: 6 }], ['/switch-by-update', { userId: 6 }],
      ['/leave', {}], ['/leave-then-save', {}], ['/leave-then-save-a-flash', { flash: 'bye', count: 1 }],
    ] as const) {
      const { browser, sessions } = await sessionOfOld();
      const [former, late] = [idOf(browser), browser.clone()];
      strictEqual((await browser.get(path)).status, 200);
      notStrictEqual(browser.cookies.get('CB'), former);
      deepStrictEqual((await browser.get('/read')).body, left, path);
      deepStrictEqual((await late.get('/read')).body, {});
      deepStrictEqual([(await sessions.list(5)).length, (await sessions.list(6)).length], [0, 'userId' in left ? 1 : 0]);
    }

  });

  it('has a token for the id that it gets by that', async () => {

    const { browser } = await sessionOfOld();
    const token = (await browser.get('/token')).body as unknown as string;
    strictEqual((await browser.get(`/check?token=${token}`)).status, 200);

  });

});

describe('A session of a user whose data a schema drops', () => {

  const schema = z.object({ userId: z.number().optional(), cart: z.string().optional() });

  it('stays as it is while it is only read', async () => {

    const { browser, store } = site();
    for (const path of ['/cart', '/sign-in']) await browser.get(path);
    const strict = new Browser(site({ store, schema }).app);
    strict.cookies.set('CB', idOf(browser));
    const answer = await strict.get('/read');
    deepStrictEqual([answer.body, setCookies(answer)], [{}, []]);
    deepStrictEqual((await browser.get('/read')).body, { cart: ['tea'], userId: 5 });
    strictEqual((await new UserSessions(store).list(5)).length, 1);

  });

  it('ends with the first change, which begins another one', async () => {

    const { browser, store } = site();
    for (const path of ['/cart', '/sign-in']) await browser.get(path);
    const strict = new Browser(siteOf({ '/note': ctx => { ctx.session.cart = 'a note'; }, '/read': ctx => ctx.session }, { user: 'userId', store, schema }).app);
    strict.cookies.set('CB', idOf(browser));
    strictEqual((await strict.get('/note')).status, 200);
    deepStrictEqual((await strict.get('/read')).body, { cart: 'a note' });
    deepStrictEqual((await browser.get('/read')).body, {});
    strictEqual((await new UserSessions(store).list(5)).length, 0);

  });

});

describe('A second click', () => {

  it('of a sign-in as another user leaves one session, too', async () => {

    const { browser, store } = site();
    await browser.get('/sign-in');
    const late = browser.clone();
    await browser.get('/switch');
    strictEqual((await late.get('/switch')).status, 200);
    deepStrictEqual((await late.get('/read')).body, { userId: 6 });
    strictEqual((await new UserSessions(store).list(6)).length, 1);

  });

  it('of a proof signs no user out: it has no session to prove', async () => {

    const { browser } = site();
    for (const path of ['/cart', '/sign-in']) await browser.get(path);
    const late = browser.clone();
    await browser.get('/step-up');
    const second = await late.get('/step-up');
    deepStrictEqual([second.status, setCookies(second)], [409, []]);
    deepStrictEqual((await browser.get('/read')).body, { cart: ['tea'], userId: 5, level: 2 });

  });

});
