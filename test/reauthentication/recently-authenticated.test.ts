import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { Application, type Context, type Middleware } from '@curveball/kernel';
import problem from '@curveball/problem';
import session, {
  AuthenticationError, csrf, encrypted, MemoryStore, recentlyAuthenticated, type RecentlyAuthenticatedOptions, type SessionOptions, type SessionStore,
} from '../../src/index.js';
import { Browser } from '../support/browser.js';
import { storesOf } from '../support/every-store.js';
import { errorsToStatus, type Page, type PageContext, pageOf } from '../support/site.js';
import { socketSite } from '../support/sockets.js';

const START = 1_800_000_000;
const PAGE = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'Sec-Fetch-Mode': 'navigate' };

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => { ctx.session.userId = ctx.query.user ?? 'ada'; },
  '/prove': ctx => ctx.authenticated(),
  '/new-id': ctx => { ctx.sessionId = null; },
  '/cart': ctx => { ctx.session.cart = 1; },
  '/prove-nobody': ctx => {
    ctx.session.cart = 1;
    ctx.authenticated();
  },
  '/read': ctx => ({ ...ctx.session }),
  '/info': ctx => ctx.sessionInfo,
  '/guarded': () => 'secret',
  '/guarded/use': ctx => ctx.session.userId,
};

type Callable = (ctx: Context, next: () => Promise<void>) => Promise<void>;

interface Made extends Partial<SessionOptions> {
  readonly guard?: RecentlyAuthenticatedOptions;
  /** Between the session and the guard. */
  readonly before?: Middleware;
  /** Before the session. */
  readonly outer?: readonly Middleware[];
}

function site({ guard = { within: 300, signIn: '/prove' }, before, outer = [], ...options }: Made = {}) {

  const errors: unknown[] = [];
  const app = new Application();
  const recent = recentlyAuthenticated(guard) as Callable;
  app.use(errorsToStatus(errors), ...outer, session({ store: new MemoryStore(), user: 'userId', ...options }));
  if (before) app.use(before);
  app.use((ctx, next) => ctx.path.startsWith('/guarded') ? recent(ctx, next) : next(), pageOf(PAGES));
  return { app, errors, browser: new Browser(app) };

}

const at = (seconds: number) => mock.timers.setTime((START + seconds) * 1000);
const status = async (browser: Browser, path = '/guarded') => (await browser.get(path)).status;

describe('recentlyAuthenticated()', () => {

  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: START * 1000 }));
  afterEach(() => mock.timers.reset());

  it('lets only those through who proved it within the time, to the second', async () => {

    const { browser } = site();
    strictEqual(await status(browser), 401);
    await browser.get('/sign-in');
    strictEqual((await browser.get('/guarded')).body, 'secret');
    at(300);
    strictEqual(await status(browser), 200);
    at(300.5);
    strictEqual(await status(browser), 401);
    await browser.get('/prove');
    strictEqual(await status(browser), 200);
    at(601);
    strictEqual(await status(browser), 401);

  });

  it('is not deceived by a new id, by use, or by a session without a user', async () => {

    const { browser } = site();
    await browser.get('/sign-in');
    at(301);
    for (const path of ['/new-id', '/read', '/cart']) {
      await browser.get(path);
      strictEqual(await status(browser), 401, path);
    }
    const visitor = new Browser(browser.app);
    for (const path of ['/cart', '/prove-nobody']) {
      await visitor.get(path);
      strictEqual(await status(visitor), 401, path);
    }

  });

  it('takes no time in the future for recent, but allows for clocks that differ by seconds', async () => {

    const { browser } = site();
    at(100);
    await browser.get('/sign-in');
    at(95);
    strictEqual(await status(browser), 200);
    at(94);
    strictEqual(await status(browser), 401);

  });

  it('asks again if the session was ended, or given to another user, earlier in the request', async () => {

    const changes: Record<string, (ctx: PageContext) => void> = {
      end: ctx => { ctx.session = null as never; },
      empty: ctx => { ctx.session = {}; },
      leave: ctx => { delete ctx.session.userId; },
      swap: ctx => { ctx.session.userId = 'bob'; },
    };
    for (const [change, make] of Object.entries(changes)) {
      const { browser } = site({ before: (ctx, next) => {
        if (ctx.path === '/guarded') make(ctx as PageContext);
        return next();
      } });
      await browser.get('/sign-in');
      strictEqual(await status(browser), 401, change);
    }

  });

  it('without the option user, counts only what ctx.authenticated() reported', async () => {

    const { browser } = site({ user: undefined });
    await browser.get('/sign-in');
    strictEqual(await status(browser), 401);
    await browser.get('/prove');
    strictEqual(await status(browser), 200);
    at(301);
    strictEqual(await status(browser), 401);

  });

  it('redirects a browser that asks for a page, with the address that it asked for', async () => {

    const { browser } = site();
    const response = await browser.get('/guarded?id=5&to=%2F%2Fevil.test', { headers: PAGE });
    strictEqual(response.status, 303);
    const location = new URL(response.headers.get('Location') as string, 'http://localhost');
    deepStrictEqual([location.pathname, [...location.searchParams]], ['/prove', [['returnTo', '/guarded?id=5&to=%2F%2Fevil.test']]]);
    strictEqual((await browser.request('HEAD', '/guarded', { headers: PAGE })).status, 303);
    strictEqual((await browser.get('/guarded', { headers: { Accept: 'text/html' } })).status, 303, 'an old browser');

  });

  it('sends no one to another site, whatever the target of the request is', async () => {

    const guard = recentlyAuthenticated({ within: 5, signIn: '/prove?from=guard#form' });
    const app = new Application();
    app.use(session({ store: new MemoryStore(), basePath: '/admin' }), guard);
    for (const [target, expected] of [['/a', '/admin/a'], ['//evil.test', '/admin//evil.test'], ['/%5cevil.test', null], ['http://evil.test/', null], ['*', null]] as const) {
      const { headers } = await app.subRequest('GET', target, PAGE);
      const location = new URL(headers.get('Location') as string, 'http://localhost');
      deepStrictEqual([location.origin, location.pathname, location.hash], ['http://localhost', '/prove', '#form']);
      deepStrictEqual([location.searchParams.get('from'), location.searchParams.get('returnTo')], ['guard', expected], target);
    }

  });

  it('names its challenge also without a middleware that knows the error', async t => {

    t.mock.method(console, 'error', () => {});
    t.mock.method(console, 'warn', () => {});
    const app = new Application();
    app.use(session({ store: new MemoryStore(), user: 'userId' }), recentlyAuthenticated({ within: 300 }));
    const { status, headers } = await app.subRequest('GET', '/guarded');
    deepStrictEqual([status, headers.get('WWW-Authenticate')], [401, 'Cookie error="insufficient_user_authentication", max_age="300"']);

  });

  it('answers 401 to scripts and to requests that change something, and says what to do', async t => {

    t.mock.method(console, 'warn', () => {});
    const app = new Application();
    app.use(problem(), session({ store: new MemoryStore(), user: 'userId' }), recentlyAuthenticated({ within: 300, signIn: '/prove' }));
    for (const [method, headers] of [
      ['GET', {}], ['GET', { Accept: 'application/json' }], ['GET', { ...PAGE, 'Sec-Fetch-Mode': 'cors' }], ['POST', PAGE], ['DELETE', PAGE], ['OPTIONS', PAGE],
    ] as const) {
      const response = await app.subRequest(method, '/guarded', headers);
      strictEqual(response.status, 401, `${method} ${JSON.stringify(headers)}`);
      strictEqual(response.headers.get('Content-Type'), 'application/problem+json');
      strictEqual(response.headers.get('WWW-Authenticate'), 'Cookie error="insufficient_user_authentication", max_age="300"');
      const { title, detail } = response.body as unknown as { title: string; detail: string };
      strictEqual(title, 'Authentication required');
      match(detail, /300 seconds old: \/prove/);
      strictEqual(/send the request again/.test(detail), method !== 'GET');
    }

  });

  it('has no page to lead to without signIn', async () => {

    const { browser, errors } = site({ guard: { within: 60 } });
    strictEqual((await browser.get('/guarded', { headers: PAGE })).status, 401);
    const [error] = errors as AuthenticationError[];
    ok(error instanceof AuthenticationError);
    deepStrictEqual([error.code, error.within, error.signIn], ['ERR_SESSION_AUTHENTICATION', 60, undefined]);

  });

  it('is no use of the session, and keeps its answers out of caches', async () => {

    const { browser } = site({ expiry: 600, touchInterval: 0, outer: [async (ctx, next) => {
      ctx.response.headers.set('Cache-Control', 'max-age=600');
      await next();
    }] });
    await browser.get('/sign-in');
    for (const seconds of [301, 500, 599]) {
      at(seconds);
      const { headers } = await browser.get('/guarded', seconds === 500 ? { headers: PAGE } : {});
      deepStrictEqual([headers.get('Cache-Control'), headers.get('Vary')], ['no-store', 'Cookie']);
    }
    at(602);
    deepStrictEqual((await browser.get('/read')).body, {});

  });

  it('refuses nothing and changes nothing on the way through', async () => {

    const { browser } = site();
    await browser.get('/sign-in');
    const { headers } = await browser.get('/guarded');
    deepStrictEqual([headers.get('Vary'), headers.get('Cache-Control'), headers.get('Set-Cookie')], ['Cookie', 'private', null]);
    strictEqual((await browser.get('/guarded/use')).body, 'ada');

  });

  it('looks at the innermost session', async () => {

    const { browser } = site({ cookieName: 'outer', before: session({ store: new MemoryStore(), user: 'userId', cookieName: 'inner' }) });
    await browser.get('/sign-in');
    strictEqual(await status(browser), 200);
    browser.cookies.delete('outer');
    strictEqual(await status(browser), 200);
    browser.cookies.delete('inner');
    strictEqual(await status(browser), 401);

  });

  it('comes after csrf(), whose refusal is the one that is answered', async () => {

    const { browser } = site({ outer: [csrf()] });
    await browser.get('/sign-in');
    at(301);
    strictEqual((await browser.post('/guarded', { headers: { 'Sec-Fetch-Site': 'cross-site' } })).status, 403);
    strictEqual((await browser.post('/guarded', { headers: { 'Sec-Fetch-Site': 'same-origin' } })).status, 401);

  });

  it('does not know a former id, whether the proof gave a new one or a renewal did', async () => {

    const { browser } = site({ grace: 60 });
    await browser.get('/sign-in');
    const former = browser.clone();
    await browser.get('/prove');
    deepStrictEqual([await status(browser), await status(former)], [200, 401]);
    const renewed = browser.clone();
    await browser.get('/new-id');
    deepStrictEqual([await status(browser), await status(renewed)], [200, 200], 'with grace, it leads there');

  });

  it('fails if it comes before session(), and if the store can\'t know the time', async () => {

    const first = new Application();
    first.use(recentlyAuthenticated({ within: 300 }), session({ store: 'memory' }));
    const quiet = mock.method(console, 'error', () => {});
    strictEqual((await first.subRequest('GET', '/')).status, 500);
    match(String(quiet.mock.calls[0].arguments[0]), /put session\(\) before it/);
    quiet.mock.restore();
    const store: SessionStore = Object.assign(new MemoryStore(), { keepsInfo: false }) as never;
    const { browser, errors } = site({ store, user: undefined });
    strictEqual(await status(browser), 500);
    match(String(errors[0]), /the store keeps only values/);
    await rejects(async () => { throw errors[0]; }, error => !(error instanceof AuthenticationError));

  });

  it('closes a WebSocket with 1008', async () => {

    mock.timers.reset();
    const recent = recentlyAuthenticated({ within: 300, signIn: '/prove' }) as Callable;
    const there = await socketSite({ store: new MemoryStore(), user: 'userId' }, PAGES, (ctx, socket) => (
      recent(ctx as never, async () => { socket.once('message', () => socket.send('welcome')); })
    ));
    try {
      const refused = await there.open();
      deepStrictEqual((await once(refused, 'close')).map(String), ['1008', 'Authentication required']);
      await there.get('/sign-in');
      const open = await there.open();
      open.send('hello');
      strictEqual(String((await once(open, 'message'))[0]), 'welcome');
    } finally {
      await there.close();
    }

  });

  it('refuses wrong options by name', () => {

    const wrong: ReadonlyArray<readonly [unknown, RegExp]> = [
      [undefined, /options/], [300, /options/], [{}, /within is undefined/], [{ within: 0 }, /within is 0/], [{ within: '300' }, /within is "300"/],
      [{ within: Number.NaN }, /within/], [{ within: Infinity }, /within/], [{ within: 1e12 }, /within/], [{ within: 300, sign: '/a' }, /option sign is unknown/],
      ...['prove', '//evil.test', 'https://evil.test/', '/\\evil', '', '/a/../b', 5, null].map(signIn => [{ within: 300, signIn }, /signIn is .*a path of this application/] as const),
    ];
    for (const [options, message] of wrong) throws(() => recentlyAuthenticated(options as never), { name: 'TypeError', message });

  });

});

describe('recentlyAuthenticated() beside proofs at the same moment', () => {

  const opens = { ...storesOf('reauthentication'), 'an encrypted store': () => encrypted(new MemoryStore()) };
  for (const [where, open] of Object.entries(opens)) {

    it(`gives each request a clear answer, in ${where}`, async () => {

      const store = await open();
      try {
        const { browser } = site({ store });
        await browser.get('/sign-in');
        const former = browser.clone();
        const answers = await Promise.all(['/prove', '/guarded', '/prove', '/guarded', '/guarded'].map(path => status(browser.clone(), path)));
        ok(answers.every(answer => [200, 204, 401, 409].includes(answer)), String(answers));
        ok([answers[0], answers[2]].includes(200), 'one proof succeeds');
        strictEqual(await status(former), 401, 'its id has been replaced');
      } finally {
        await (store as { close?: () => unknown }).close?.();
      }

    });

  }

});
