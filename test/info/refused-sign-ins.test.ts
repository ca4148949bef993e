import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import session, { encrypted, type IndexingSessionStore, MemoryStore, type SessionInfo, SessionLimitError, type SessionOptions, type SessionStore, UserSessions } from '../../src/index.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { EVERY_STORE } from '../support/every-store.js';
import { MapStore } from '../support/map-store.js';
import { type Page, site as siteOf } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => {
    ctx.session.userId = ctx.query.user ?? 'ada';
    ctx.authenticated({ metadata: { device: ctx.query.device ?? 'a phone' } });
  },
  '/sign-in-by-update': ctx => ctx.updateSession((values: Record<string, unknown>) => { values.userId = 'ada'; }),
  '/catch': async ctx => {
    ctx.session.userId = 'ada';
    try {
      await ctx.saveSession();
    } catch (error) {
      delete ctx.session.userId;
      return (error as SessionLimitError).sessions;
    }
    return null;
  },
  '/prove': ctx => ctx.authenticated(),
  '/new-id': ctx => { ctx.sessionId = null; },
  '/sign-out': ctx => { ctx.session = null as never; },
  '/cart': ctx => { ctx.session.cart = 1; },
  '/read': ctx => ({ ...ctx.session }),
  '/form': ctx => ctx.getCsrf(),
};

function world(store: IndexingSessionStore, count = 2, options: Partial<SessionOptions> = {}) {

  const { app, errors } = siteOf(PAGES, { user: 'userId', maxUserSessions: { count, atLimit: 'refuse' }, ...options, store });
  const browser = () => new Browser(app);
  const list = async (user = 'ada') => await new UserSessions(store).list(user);
  const stored = async () => (await store.sessionsOf('ada')).length;
  return { app, errors, browser, list, stored };

}

const signIn = async (browser: Browser, path = '/sign-in') => (await browser.get(path)).status;

for (const [where, open] of Object.entries(EVERY_STORE)) {

  describe(`Sign-ins that are refused at the limit: ${where}`, () => {

    const withStore = (test: (store: IndexingSessionStore) => Promise<void>) => async () => {
      const { store, close } = await open('refused_sign_ins');
      try {
        await test(store);
      } finally {
        await close();
      }
    };

    it('get 409 with the sessions of the user, and leave everything as it was', withStore(async store => {

      const { browser, errors, list, stored } = world(store);
      for (const device of ['a laptop', 'a phone']) strictEqual(await signIn(browser(), `/sign-in?device=${device}`), 200);
      const handles = (await list()).map(({ handle }) => handle).sort();
      for (const path of ['/sign-in', '/sign-in-by-update']) {
        for (const before of [null, '/cart', '/sign-in?user=bob']) {
          const visitor = browser();
          if (before) await visitor.get(before);
          const [id, values] = [idOf(visitor), (await visitor.get('/read')).body];
          const response = await visitor.get(path);
          strictEqual(response.status, 409);
          deepStrictEqual(setCookies(response), []);
          deepStrictEqual([idOf(visitor), (await visitor.get('/read')).body], [id, values], `${path} after ${before}`);
        }
      }
      const error = errors[0] as SessionLimitError;
      ok(error instanceof SessionLimitError);
      deepStrictEqual([error.code, error.limit], ['ERR_SESSION_LIMIT', 2]);
      deepStrictEqual(error.sessions.map(({ handle }) => handle).sort(), handles);
      deepStrictEqual(error.sessions.map(({ metadata }) => metadata.device).sort(), ['a laptop', 'a phone']);
      deepStrictEqual((await list()).map(({ handle }) => handle).sort(), handles);
      strictEqual(await stored(), 2, 'no placeholder is left');

    }));

    it('succeed once a session has ended, and count no session twice that gets another id', withStore(async store => {

      const { browser, list, stored } = world(store);
      const [first, second, third] = [browser(), browser(), browser()];
      await signIn(first);
      await third.get('/cart');
      await signIn(second);
      for (const path of ['/prove', '/new-id', '/sign-in', '/sign-in-by-update']) strictEqual(await signIn(first, path), 200, path);
      strictEqual(await signIn(third), 409);
      strictEqual(await new UserSessions(store).end('ada', (await list())[0].handle), true);
      strictEqual(await signIn(third), 200);
      deepStrictEqual((await third.get('/read')).body, { cart: 1, userId: 'ada' });
      deepStrictEqual([(await list()).length, await stored()], [2, 2]);

    }));

    it('are told all sessions of the user, also those that began at the same moment', withStore(async store => {

      const { browser, errors, list } = world(store, 3);
      const answers = await Promise.all(Array.from({ length: 12 }, browser).map(visitor => signIn(visitor)));
      deepStrictEqual(answers.sort(), [200, 200, 200, ...Array.from({ length: 9 }, () => 409)]);
      const handles = (await list()).map(({ handle }) => handle).sort();
      for (const { sessions } of errors as SessionLimitError[]) deepStrictEqual(sessions.map(({ handle }) => handle).sort(), handles);
      strictEqual(errors.length, 9);

    }));

    it('let one in of several at the same moment on the last place, with a session before or without', withStore(async store => {

      for (let round = 0; round < 3; round++) {
        const user = `ada${round}`;
        const { browser, list } = world(store);
        await signIn(browser(), `/sign-in?user=${user}`);
        const visitors = Array.from({ length: 4 }, browser);
        for (const visitor of visitors.slice(0, 2)) await visitor.get('/cart');
        const answers = await Promise.all(visitors.map(visitor => signIn(visitor, `/sign-in?user=${user}`)));
        deepStrictEqual(answers.sort(), [200, 409, 409, 409]);
        strictEqual((await list(user)).length, 2);
      }

    }));

  });

}

describe('A limit at which sign-ins are refused', () => {

  it('lets all in that there is room for, however many come at the same moment', async () => {

    const { browser, list } = world(new MemoryStore(), 5);
    const answers = await Promise.all(Array.from({ length: 9 }, () => signIn(browser())));
    strictEqual(answers.filter(answer => answer === 200).length, 5);
    strictEqual((await list()).length, 5);

  });

  it('does not refuse the second click of a sign-in, whose first has taken the last place', async () => {

    for (const page of ['/form', '/cart']) {
      for (const atOnce of [false, true]) {
        const { browser, list } = world(new MemoryStore(), 1);
        const visitor = browser();
        await visitor.get(page);
        const headers = { 'X-CSRF-Token': String((await visitor.get('/form')).body) };
        const clicks = [visitor.clone(), visitor.clone()];
        const click = async (each: Browser) => (await each.post('/sign-in', { headers })).status;
        const answers = atOnce ? await Promise.all(clicks.map(click)) : [await click(clicks[0]), await click(clicks[1])];
        strictEqual(answers[1], 200, `${page} ${atOnce}: ${answers}`);
        strictEqual((await list()).length, 1);
        deepStrictEqual((await clicks[1].get('/read')).body, page === '/cart' ? { userId: 'ada' } : { userId: 'ada' });
      }
    }

  });

  it('holds for a user with very many sessions, however many sign-ins one form sends', async () => {

    const store = new MemoryStore();
    const { browser, list, stored } = world(store, 104);
    for (let index = 0; index < 103; index++) strictEqual(await signIn(browser()), 200);
    const visitor = browser();
    const headers = { 'X-CSRF-Token': String((await visitor.get('/form')).body) };
    const clicks = Array.from({ length: 5 }, () => visitor.clone());
    for (const click of clicks) await click.post('/sign-in', { headers });
    deepStrictEqual([(await list()).length, await stored()], [104, 104]);
    deepStrictEqual((await clicks[4].get('/read')).body, { userId: 'ada' });

  });

  it('gives no one a session by the id of a placeholder', async () => {

    const store = new MemoryStore();
    const ids: string[] = [];
    const create = store.create.bind(store);
    Object.assign(store, { create: (...args: Parameters<typeof create>) => {
      ids.push(args[0]);
      return create(...args);
    } });
    const { app } = siteOf({ '/info': ctx => [ctx.sessionInfo, ctx.session, ctx.sessionId] }, { store, user: 'userId' });
    const { browser } = world(store, 1);
    let seen: unknown;
    const sessionsOf = store.sessionsOf.bind(store);
    Object.assign(store, { sessionsOf: async (user: string) => {
      if (ids.length === 1 && seen === undefined) {
        const thief = new Browser(app);
        thief.cookies.set('CB', ids[0]);
        seen = (await thief.get('/info')).body;
      }
      return sessionsOf(user);
    } });
    strictEqual(await signIn(browser()), 200);
    deepStrictEqual(seen, [null, {}, null]);

  });

  it('can be met by a handler, which goes on with the visitor\'s session', async () => {

    const { browser, list } = world(new MemoryStore(), 1);
    await signIn(browser());
    const visitor = browser();
    await visitor.get('/cart');
    const { status, body } = await visitor.get('/catch');
    strictEqual(status, 200);
    // The clock goes on between the two looks, from which these times are counted.
    const counted = new Set(['expiresAt', 'seenAt']);
    const listed = (sessions: unknown) => JSON.stringify(sessions, (name, value) => counted.has(name) ? undefined : value);
    strictEqual(listed(body), listed(await list()));
    deepStrictEqual((await visitor.get('/read')).body, { cart: 1 });

  });

  it('leaves what was proved to the user who was refused, and to no one else', async () => {

    const proof = { persistent: true, expiry: 30 * 86_400, metadata: { device: 'a tablet' } };
    for (const next of [null, 'bob', 'ada']) {
      const store = new MemoryStore();
      const sessions = new UserSessions(store);
      const pages: Record<string, Page> = {
        ...PAGES,
        '/info': ctx => ctx.sessionInfo,
        '/catch': async ctx => {
          ctx.session.userId = 'ada';
          ctx.authenticated(proof);
          const error = await ctx.saveSession().catch(error => error);
          const [{ handle }] = (error as SessionLimitError).sessions;
          await sessions.end('ada', handle);
          ctx.sessionId = null;
          ctx.session.choosing = 'ada';
          ctx.session.userId = next;
          await ctx.saveSession();
        },
      };
      const { app } = siteOf(pages, { store, user: 'userId', maxUserSessions: { count: 1, atLimit: 'refuse' } });
      await signIn(new Browser(app));
      const visitor = new Browser(app);
      await visitor.get('/cart');
      await visitor.get('/catch');
      const info = (await visitor.get('/info')).body as unknown as SessionInfo;
      const isRefusedUser = next === 'ada';
      deepStrictEqual([info.user, info.persistent, info.metadata], [next, isRefusedUser, isRefusedUser ? proof.metadata : {}], `${next}`);
      strictEqual(info.expiresAt > Date.now() / 1000 + 4000, isRefusedUser);
      deepStrictEqual((await visitor.get('/read')).body, { cart: 1, choosing: 'ada', userId: next });
    }

  });

  it('refuses no session from before the option user, which is alive already', async () => {

    const store = new MemoryStore();
    const older = siteOf(PAGES, { store });
    await older.browser.get('/sign-in');
    const { browser } = world(store, 1);
    await signIn(browser());
    const visitor = browser();
    visitor.cookies.set('CB', idOf(older.browser));
    strictEqual(await signIn(visitor, '/read'), 200);

  });

  it('ends the placeholder if the store fails between', async () => {

    for (const failing of ['sessionsOf', 'create', 'move'] as const) {
      for (const before of [null, '/cart']) {
        const store = new MemoryStore();
        const { browser, stored } = world(store, 1);
        const visitor = browser();
        if (before) await visitor.get(before);
        let calls = 0;
        const real = store[failing].bind(store) as (...args: unknown[]) => unknown;
        Object.assign(store, { [failing]: (...args: unknown[]) => {
          if (++calls === 2 || failing === 'move') throw new Error('the store has failed');
          return real(...args);
        } });
        const status = await signIn(visitor);
        Object.assign(store, { [failing]: real });
        if (status === 503) strictEqual(await stored(), 0, `${failing} ${before}`);
        strictEqual(await signIn(browser()), status === 503 ? 200 : 409);
      }
    }

  });

  it('names the sessions that there are after some looks, if one that has a place is not stored', async () => {

    const store = new MemoryStore();
    const { browser, errors, list } = world(store, 1);
    const create = store.create.bind(store);
    let goOn = () => {};
    const isHeld = new Promise<void>(resolve => { goOn = resolve; });
    let creates = 0;
    Object.assign(store, { create: async (...args: Parameters<typeof create>) => {
      if (++creates === 2) await isHeld;
      return create(...args);
    } });
    const slow = signIn(browser());
    while (creates < 2) await new Promise(setImmediate);
    strictEqual(await signIn(browser()), 409);
    deepStrictEqual((errors[0] as SessionLimitError).sessions, []);
    goOn();
    strictEqual(await slow, 200);
    strictEqual((await list()).length, 1);

  });

  it('is seen by no one who lists a user\'s sessions while a sign-in has its place', async () => {

    const store = new MemoryStore();
    const seen: number[] = [];
    const create = store.create.bind(store);
    Object.assign(store, { create: (...args: Parameters<typeof create>) => {
      const answer = create(...args);
      new UserSessions(store).list('ada').then(list => seen.push(list.length));
      return answer;
    } });
    const { browser } = world(store, 1);
    await signIn(browser());
    ok(seen.every(length => length <= 1), String(seen));

  });

  it('is refused at start-up if its options are wrong, or the store knows no users', async () => {

    const wrong: ReadonlyArray<readonly [unknown, RegExp]> = [
      [{}, /maxUserSessions\.count is undefined/], [{ count: 0, atLimit: 'refuse' }, /maxUserSessions\.count is 0/], [{ count: 1 }, /maxUserSessions\.atLimit is undefined/],
      [{ count: 1, atLimit: 'end' }, /must be 'end-oldest' or 'refuse'/], [{ count: 1, atLimit: 'refuse', more: 1 }, /more/], [[1], /maxUserSessions is an Array/], [null, /maxUserSessions is null/],
    ];
    for (const [maxUserSessions, message] of wrong) {
      throws(() => session({ store: new MemoryStore(), user: 'userId', maxUserSessions: maxUserSessions as never }), { name: 'TypeError', message });
    }
    for (const store of [new MapStore(), encrypted(new MapStore())] as SessionStore[]) {
      throws(() => session({ store, user: 'userId', maxUserSessions: { count: 1, atLimit: 'refuse' } }), /a store that indexes by user/);
    }
    await rejects(async () => { throw new SessionLimitError(1, []); }, { httpStatus: 409 });

  });

});
