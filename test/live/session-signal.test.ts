import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Application, type Context } from '@curveball/kernel';
import { cached } from '../../src/cache/cached-store.js';
import session, { encrypted, MemoryStore, SessionEndedError, type SessionOptions, type SessionStore, UserSessions } from '../../src/index.js';
import { Browser } from '../support/browser.js';
import { settled } from '../support/events.js';
import { MapStore } from '../support/map-store.js';
import { endOf, openSessions } from '../support/open-sessions.js';
import { RecordingStore } from '../support/recording-store.js';
import { errorsToStatus, type Page, pageOf, site as siteOf } from '../support/site.js';
import { TakeStore } from '../support/take-store.js';

/** A site, and the signals that its requests to /open have got. */
function site(options: Omit<Partial<SessionOptions>, 'store'> & { store?: SessionStore } = {}, more: Record<string, Page> = {}) {

  const signals: AbortSignal[] = [];
  const pages: Record<string, Page> = {
    '/cart': ctx => { ctx.session.cart = 1; },
    '/count': ctx => ctx.updateSession(values => { values.count = (values.count ?? 0) + 1; }),
    '/read': ctx => ({ ...ctx.session }),
    '/renew': ctx => { ctx.sessionId = null; },
    '/sign-in': ctx => { ctx.session.userId = ctx.query.as ?? 'ada'; },
    '/become': ctx => { ctx.session = { userId: ctx.query.as }; },
    '/sign-out': ctx => { ctx.session = null; },
    '/open': ctx => { signals.push(ctx.sessionSignal); },
    ...more,
  };
  const there = siteOf(pages, { ...options, store: options.store ?? new MemoryStore() });
  const open = async (browser = there.browser): Promise<AbortSignal> => {
    strictEqual((await browser.get('/open')).status, 200);
    return signals.at(-1) as AbortSignal;
  };
  return { ...there, signals, open };

}

/** It keeps no users. */
const MOVES_IN_STEPS = 'that moves in steps';

const STORES: { readonly [name: string]: () => SessionStore } = {
  'in memory': () => new MemoryStore(),
  'encrypted': () => encrypted(new MemoryStore(), { keys: [{ id: 'a', secret: 'x'.repeat(32) }] }),
  'cached': () => cached(new MemoryStore()),
  'with four methods': () => new MapStore(),
  [MOVES_IN_STEPS]: () => new TakeStore(),
  'without statesOf()': () => new RecordingStore(),
};

for (const [where, openStore] of Object.entries(STORES)) {

  describe(`ctx.sessionSignal, with a store ${where}`, () => {

    it('fires at once when a visitor signs out elsewhere, and says so', async () => {

      const { browser, open } = site({ store: openStore() });
      await browser.get('/cart');
      const signal = await open();
      strictEqual(signal.aborted, false);
      await browser.clone().get('/sign-out');
      ok(signal.aborted);
      ok(signal.reason instanceof SessionEndedError);
      strictEqual(signal.reason.reason, 'signed-out');

    });

    it('does not fire when the session changes, is renewed, or becomes a user\'s, but at its end after that', async () => {

      const { browser, open } = site({ store: openStore(), ...(where === MOVES_IN_STEPS ? {} : { user: 'userId' }) });
      await browser.get('/cart');
      const signal = await open();
      for (const path of ['/count', '/renew', '/sign-in', '/renew', '/read']) strictEqual((await browser.get(path)).status, 200);
      await settled();
      strictEqual(signal.aborted, false);
      await browser.get('/sign-out');
      strictEqual(endOf(signal), 'signed-out');

    });

    it('fires when another tab, with the id from before a renewal, signs out', async () => {

      const { browser, open } = site({ store: openStore() });
      await browser.get('/cart');
      const signal = await open();
      const tab = browser.clone();
      await browser.get('/renew');
      await tab.get('/sign-out');
      // The signal of the request that ended it fires if the store can follow the moved session.
      strictEqual(endOf(signal), 'signed-out');

    });

    if (where !== MOVES_IN_STEPS) it('fires for the user whose session another user\'s has replaced, and not for that', async () => {

      const { browser, open } = site({ store: openStore(), user: 'userId' });
      await browser.get('/sign-in?as=ada');
      const before = await open();
      await browser.get('/become?as=bob');
      const after = await open();
      await settled();
      deepStrictEqual([endOf(before), endOf(after)], ['signed-out', null]);

    });

    it('forgets a session that has ended', async () => {

      const store = openStore();
      const { browser, open } = site({ store });
      await browser.get('/cart');
      await open();
      strictEqual(openSessions(store), 1);
      await browser.get('/sign-out');
      strictEqual(openSessions(store), 0);

    });

    it('fires for a session that ended between its load and the question for the signal', async () => {

      let signal: AbortSignal | undefined;
      const { browser } = site({ store: openStore() }, {
        '/late': async ctx => {
          await browser.clone().get('/sign-out');
          signal = ctx.sessionSignal;
        },
      });
      await browser.get('/cart');
      await browser.get('/late');
      for (let turn = 0; turn < 5; turn++) await settled();
      ok(signal?.aborted);

    });

  });

}

describe('ctx.sessionSignal', () => {

  it('fires when the session is revoked, alone, with all of its user, or with all there are', async () => {

    for (const end of [
      async (users: UserSessions) => { for (const { handle } of await users.list('ada')) await users.end('ada', handle); },
      (users: UserSessions) => users.endAll('ada'),
      (users: UserSessions) => users.endEverything(),
    ]) {
      const store = new MemoryStore();
      const { browser, open } = site({ store, user: 'userId' });
      await browser.get('/sign-in');
      const signal = await open();
      await end(new UserSessions(store));
      await settled();
      strictEqual(endOf(signal), 'revoked');
    }

  });

  it('spares the session that is spared', async () => {

    const store = new MemoryStore();
    const { browser, open } = site({ store, user: 'userId' }, { '/handle': ctx => ctx.sessionInfo?.handle });
    const other = browser.clone();
    await browser.get('/sign-in');
    await other.get('/sign-in');
    const [here, there] = [await open(), await open(other)];
    await new UserSessions(store).endAll('ada', { except: String((await browser.get('/handle')).body) });
    await settled();
    deepStrictEqual([endOf(here), endOf(there)], [null, 'revoked']);

  });

  it('fires through a wrapper when UserSessions has the store itself, and the other way round', async () => {

    const memory = new MemoryStore();
    const wrapped = cached(encrypted(memory, { keys: [{ id: 'a', secret: 'x'.repeat(32) }] }));
    for (const [middle, given] of [[wrapped, memory], [wrapped, wrapped]]) {
      const { browser, open } = site({ store: middle, user: 'userId' });
      await browser.get('/sign-in');
      const signal = await open();
      strictEqual(await new UserSessions(given as MemoryStore).endAll('ada'), 1);
      strictEqual(endOf(signal), 'revoked');
    }

  });

  it('fires when a limit ends the session', async () => {

    const { browser, open } = site({ user: 'userId', maxUserSessions: 1 });
    const other = browser.clone();
    await browser.get('/sign-in');
    const signal = await open();
    await other.get('/sign-in');
    strictEqual(endOf(signal), 'limit');

  });

  it('never fires for a request without a session, and works as any signal does', async () => {

    const store = new MemoryStore();
    const { browser, signals, open } = site({ store }, { '/twice': ctx => { signals.push(ctx.sessionSignal, ctx.sessionSignal); } });
    const signal = await open();
    ok(signal instanceof AbortSignal);
    strictEqual(openSessions(store), 0);
    await browser.get('/twice');
    strictEqual(signals.at(-1), signals.at(-2));
    await wait(1, undefined, { signal });

  });

  it('has fired already for a request with the id of a session that has ended, whatever ended it', async () => {

    const ends: ReadonlyArray<readonly [string, (store: MemoryStore, browser: Browser) => unknown]> = [
      ['signed-out', (_, browser) => browser.clone().get('/sign-out')],
      ['revoked', store => new UserSessions(store).endAll('ada')],
      ['limit', (_, browser) => new Browser(browser.app).get('/sign-in')],
    ];
    for (const [reason, end] of ends) {
      const store = new MemoryStore();
      const { browser, signals, open } = site({ store, user: 'userId', maxUserSessions: 1 }, {
        '/twice': ctx => { signals.push(ctx.sessionSignal, ctx.sessionSignal); },
      });
      await browser.get('/sign-in');
      await end(store, browser);
      const signal = await open();
      ok(signal.reason instanceof SessionEndedError);
      strictEqual(endOf(signal), reason);
      await browser.get('/twice');
      strictEqual(signals.at(-1), signals.at(-2));
      await rejects(wait(60_000, undefined, { signal }), ({ cause }: Error) => cause === signal.reason);
    }

  });

  it('is that of the new session, once a request with an ended id has stored one', async () => {

    const { browser, signals } = site({ user: 'userId' }, {
      '/back': async ctx => {
        signals.push(ctx.sessionSignal);
        ctx.session = { userId: 'ada' };
        await ctx.saveSession();
        signals.push(ctx.sessionSignal);
      },
    });
    await browser.get('/sign-in');
    const late = browser.clone();
    await browser.get('/sign-out');
    strictEqual((await late.get('/back')).status, 200);
    await settled();
    deepStrictEqual(signals.map(endOf), ['signed-out', null]);
    await late.get('/sign-out');
    deepStrictEqual(signals.map(endOf), ['signed-out', 'signed-out']);

  });

  it('never fires for an id that was moved, or that no store has given', async () => {

    const store = new MemoryStore();
    const { browser, open } = site({ store });
    await browser.get('/cart');
    const late = browser.clone();
    await browser.get('/renew');
    const stranger = browser.clone();
    stranger.cookies.set('CB', store.newSessionId());
    const signals = [await open(late), await open(stranger)];
    await browser.get('/sign-out');
    await settled();
    deepStrictEqual(signals.map(endOf), [null, null]);

  });

  it('is the signal of a session that the request has stored before', async () => {

    const { browser, signals } = site({}, {
      '/begin': async ctx => {
        signals.push(ctx.sessionSignal);
        ctx.session.cart = 1;
        await ctx.saveSession();
        signals.push(ctx.sessionSignal);
      },
      '/end': async ctx => {
        ctx.session = null;
        await ctx.saveSession();
        signals.push(ctx.sessionSignal);
      },
    });
    await browser.get('/begin');
    await browser.get('/end');
    await settled();
    deepStrictEqual(signals.map(endOf), [null, 'signed-out', 'signed-out']);

  });

  it('is one for each request, and the same each time that the request asks', async () => {

    const { browser, signals, open } = site({}, {
      '/twice': async ctx => {
        signals.push(ctx.sessionSignal);
        ctx.sessionId = null;
        await ctx.saveSession();
        signals.push(ctx.sessionSignal);
      },
    });
    await browser.get('/cart');
    await browser.get('/twice');
    strictEqual(signals[0], signals[1]);
    ok(await open() !== signals[0]);

  });

  it('is that of the innermost of two middlewares', async () => {

    const [outer, inner] = [new MemoryStore(), new MemoryStore()];
    const signals: AbortSignal[] = [];
    const app = new Application();
    const pages = pageOf({
      '/begin': ctx => { ctx.session.cart = 1; },
      '/open': ctx => { signals.push(ctx.sessionSignal); },
      '/end': ctx => { ctx.session = null; },
    });
    app.use(errorsToStatus(), session({ store: outer, cookieName: 'outer' }), async (ctx, next) => {
      if (ctx.path === '/begin') ctx.session.cart = 1;
      if (ctx.path === '/end-outer') ctx.session = null;
      await next();
    }, session({ store: inner, cookieName: 'inner' }), async (ctx, next) => {
      if (ctx.path === '/end-outer') ctx.response.status = 200;
      else await (pages as (ctx: Context, next: () => Promise<void>) => Promise<void>)(ctx, next);
    });
    const browser = new Browser(app);
    await browser.get('/begin');
    await browser.get('/open');
    await browser.get('/end-outer');
    strictEqual(endOf(signals[0]), null);
    await browser.get('/end');
    strictEqual(endOf(signals[0]), 'signed-out');

  });

  it('counts as use of the session where it is asked for', async () => {

    const store = new RecordingStore();
    const { browser, open } = site({ store, expiry: 100, touchInterval: 0 });
    await browser.get('/cart');
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 50_000 });
    try {
      store.takeCalls();
      await open();
      ok(store.takeCalls().includes('touch'));
      strictEqual((await browser.get('/open')).headers.get('vary'), 'Cookie');
    } finally {
      mock.timers.reset();
    }

  });

  it('makes what waits for it fail with the reason', async () => {

    const { browser, open } = site();
    await browser.get('/cart');
    const signal = await open();
    const waiting = rejects(wait(60_000, undefined, { signal }), ({ cause }: Error) => cause === signal.reason);
    await browser.get('/sign-out');
    await waiting;
    strictEqual(signal.reason.httpStatus, 409);

  });

});

describe('ctx.sessionSignal, by the clock', () => {

  beforeEach(() => mock.timers.enable({ apis: ['Date', 'setInterval'], now: 1_800_000_000_000 }));
  afterEach(() => mock.timers.reset());

  it('fires with the next look after the session has expired, if no one uses it', async () => {

    const { browser, open } = site({ expiry: 60 });
    await browser.get('/cart');
    const signal = await open();
    await settled();
    mock.timers.tick(59_000);
    await settled();
    await browser.get('/read');
    mock.timers.tick(58_000);
    await settled();
    strictEqual(endOf(signal), null);
    mock.timers.tick(9000);
    await settled();
    strictEqual(endOf(signal), 'expired');
    strictEqual(endOf(await open()), 'expired');

  });

});
