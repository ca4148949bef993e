import { deepStrictEqual, match, ok, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application, MemoryRequest } from '@curveball/kernel';
import fc from 'fast-check';
import session, { csrf, type SessionOptions } from '../../src/index.js';
import { isBelow, pathIn } from '../../src/cookie/cookie-path.js';
import { settingsFrom } from '../../src/options.js';
import { setCookies } from '../support/browser.js';
import { RecordingStore } from '../support/recording-store.js';
import { errorsToStatus, type PageContext } from '../support/site.js';
import { newName, warningsOf } from '../support/warnings.js';

type Act = (ctx: PageContext) => unknown;

/** An application whose pages all do the same, and a client that sends one cookie to every path. */
function adminSite(act: Act, options: Partial<SessionOptions> = {}) {

  const store = new RecordingStore();
  const cookieName = newName();
  const app = new Application();
  const errors: unknown[] = [];
  const handler = async (ctx: unknown) => {
    const page = ctx as PageContext;
    page.response.status = 200;
    const body = await act(page);
    page.response.body = { session: { ...page.session }, id: page.sessionId, info: page.sessionInfo, body };
  };
  app.use(errorsToStatus(errors), session({ store, cookieName, ...options, cookieOptions: { path: '/admin', ...options.cookieOptions } }), handler);
  let cookie: string | undefined;
  const get = async (path: string, method = 'GET') => {
    const response = await app.subRequest(new MemoryRequest(method, path, app.origin, cookie ? { Cookie: cookie } : {}));
    const [line] = setCookies(response);
    if (line) cookie = line.split(';')[0];
    return { response, status: response.status, cookies: setCookies(response), body: response.body as unknown as { session: object; id: string | null; info: unknown } };
  };
  return { app, store, get, errors };

}

/** A shop whose sessions are for every path, around a back office; the client keeps the shop's cookie. */
function shopAroundAdmin() {

  const cookieName = newName();
  const seen: object[] = [];
  const app = new Application();
  app.use(
    session({ store: 'memory', cookieName, user: 'userId' }),
    async (ctx, next) => {
      ctx.response.status = 200;
      if (ctx.path !== '/shop/login') return next();
      (ctx as PageContext).session.userId = 5;
    },
    session({ store: 'memory', cookieName: `${cookieName}-admin`, user: 'userId', cookieOptions: { path: '/admin' } }),
    ctx => {
      const page = ctx as PageContext;
      seen.push({ ...page.session });
      page.session.visits = 1;
    },
  );
  let cookie = '';
  const act = async (target: string) => {
    const cookies = setCookies(await app.subRequest(new MemoryRequest('GET', target, app.origin, { Cookie: cookie })));
    cookie ||= cookies[0]?.split(';')[0] ?? '';
    return cookies;
  };
  return { act, seen };

}

/** Session middlewares with ever narrower paths around one handler, which shows a token or checks one. */
function nested(...paths: string[]) {

  const handled: string[] = [];
  const app = new Application();
  app.use(errorsToStatus());
  for (const path of ['/', ...paths]) app.use(session({ store: 'memory', cookieName: newName(), cookieOptions: { path } }));
  app.use(async ctx => {
    ctx.response.status = 200;
    if (!ctx.request.headers.has('X-CSRF-Token')) {
      ctx.response.body = await ctx.getCsrf();
      return;
    }
    ctx.validateCsrf();
    handled.push(ctx.path);
  });
  return { app, handled };

}

const visit: Act = ctx => { ctx.session.visits = (ctx.session.visits ?? 0) + 1; };

describe('A request that the path of the cookie does not cover', () => {

  it('has no session: it reads and writes nothing, and the session below the path stays', async () => {

    const { store, get } = adminSite(visit);
    deepStrictEqual((await get('/admin/login')).body.session, { visits: 1 });
    store.takeCalls();
    for (const path of ['/', '/shop', '/administrator', '/Admin', '/x/admin', '/%61dmin', '//admin', '/?/admin', 'http://localhost/shop?/admin']) {
      const { status, body, cookies, response } = await get(path);
      deepStrictEqual([status, body.session, body.id, body.info, cookies], [200, { visits: 1 }, null, null, []], path);
      strictEqual(response.headers.get('Vary'), null);
    }
    deepStrictEqual([store.takeCalls(), store.idsMade], [[], 1]);
    for (const [path, visits] of [['/admin', 2], ['/admin?x', 3], ['/admin/', 4], ['http://localhost/admin/x', 5]] as const) {
      deepStrictEqual((await get(path)).body.session, { visits }, path);
    }
    strictEqual(store.memory.store.size, 1);

  });

  it('makes one warning, with the option that helps behind a proxy', async () => {

    const { get } = adminSite(visit);
    const warnings = await warningsOf(async () => {
      await get('/admin');
      for (let times = 0; times < 3; times++) await get('/');
    });
    deepStrictEqual(warnings.map(({ code }) => code), ['SESSION_COOKIE_PATH']);
    match(warnings[0].message, /cookieOptions\.path is \/admin.*basePath: '\/admin'/s);
    const quiet = adminSite(() => {});
    deepStrictEqual(await warningsOf(async () => {
      const app = new Application();
      app.use(session({ store: 'memory', cookieName: newName(), cookieOptions: { path: '/admin' } }), ctx => { ctx.response.status = 200; });
      await app.subRequest('GET', '/');
      await quiet.app.subRequest('GET', '/admin');
    }), []);

  });

  it('is refused if it asks for a session, instead of seeming to have one', async () => {

    const acts: Record<string, Act> = {
      'a new id': ctx => {
        ctx.sessionId = null;
        ctx.session.userId = 5;
      },
      'proved': ctx => {
        ctx.session.userId = 5;
        ctx.authenticated();
      },
      'a user': ctx => { ctx.session = { userId: 5 }; },
      'update': ctx => ctx.updateSession((values: { n?: number }) => { values.n = 1; }),
      'save': async ctx => {
        ctx.session.n = 1;
        await ctx.saveSession();
      },
      'a token': ctx => ctx.getCsrf(),
    };
    for (const [name, act] of Object.entries(acts)) {
      const { get, errors, store } = adminSite(act, { user: 'userId' });
      const { status, cookies } = await get('/login');
      deepStrictEqual([status, cookies], [500, []], name);
      const [error] = errors as Error[];
      strictEqual(error.name, 'SessionCookieError', name);
      match(error.message, /cookieOptions\.path is \/admin/);
      strictEqual(store.memory.store.size, 0);
    }
    for (const act of [
      (ctx: PageContext) => { ctx.sessionId = null; }, (ctx: PageContext) => { ctx.session = null; }, (ctx: PageContext) => ctx.saveSession(),
      (ctx: PageContext) => ctx.updateSession(() => {}), (ctx: PageContext) => ctx.authenticated(),
    ] satisfies Act[]) {
      strictEqual((await adminSite(act, { user: 'userId' }).get('/login')).status, 200);
    }

  });

  it('passes csrf() like any request without our cookie', async () => {

    const app = new Application();
    const [cookieName, store] = [newName(), new RecordingStore()];
    app.use(errorsToStatus(), csrf(), session({ store, cookieName, cookieOptions: { path: '/admin' } }), ctx => {
      ctx.response.status = 200;
    });
    // As from a client that does not send where the request comes from.
    const post = async (path: string) => (await app.subRequest('POST', path, { Cookie: `${cookieName}=${store.newSessionId()}` })).status;
    deepStrictEqual([await post('/admin'), await post('/')], [403, 200]);

  });

  it('never has the session of an outer middleware, however its target is spelled', async () => {

    const { act, seen } = shopAroundAdmin();
    strictEqual((await act('/shop/login')).length, 1);
    const targets = [
      '/admin\\users', '\\admin\\users', '/admin\\..\\admin/users', '/users', '/Admin/users', '/ADMIN/users', '//admin/users', '/./admin/users', '/x/../admin/users',
      '/%61dmin/users', '/admin%5cusers', '/admin%2fusers', '/admin;/users', '/admin/../users', '/admin/%2E%2e/users', '/admin/.%2e', 'http:/admin/users', 'x:/admin/users',
      'http:///admin/users', 'http://h\\admin/users', 'http:\\\\h\\admin/users', 'http://h/admin\\users', '?/admin/users', '*',
    ];
    const warnings = await warningsOf(async () => {
      for (const target of targets) deepStrictEqual([await act(target), seen.at(-1)], [[], {}], target);
    });
    deepStrictEqual(warnings.map(({ code }) => code), ['SESSION_COOKIE_PATH']);
    match(warnings[0].message, /Handlers of other paths belong before this session middleware/);
    for (const target of ['/admin/users', 'HTTP://h/admin/users', '/admin/users?\\', '/admin/.../users']) {
      deepStrictEqual([(await act(target)).map(line => line.split('=')[0].slice(-5)), seen.at(-1)], [['admin'], {}], target);
    }

  });

  it('has the forms of an outer middleware whose path covers it', async () => {

    const { app, handled } = nested('/admin', '/admin/deep');
    const ask = async (path: string, headers = {}) => {
      const response = await app.subRequest('POST', path, headers);
      return { status: response.status, cookies: setCookies(response), body: response.body as unknown as string };
    };
    const { body: token, cookies } = await ask('/cart');
    match(token, /^[\w-]{43}$/);
    deepStrictEqual(cookies.length, 1);
    const Cookie = cookies[0].split(';')[0];
    deepStrictEqual([(await ask('/cart', { Cookie, 'X-CSRF-Token': token })).status, handled], [200, ['/cart']]);
    strictEqual((await ask('/cart', { Cookie, 'X-CSRF-Token': 'x'.repeat(43) })).status, 403);
    strictEqual((await ask('/cart', { Cookie })).body, token);
    match((await ask('/admin')).body, /^[\w-]{43}\.[\w-]{43}$/);

  });

});

describe('The option basePath', () => {

  it('is put in front of the path that a proxy has shortened', async () => {

    for (const basePath of ['/admin', '/admin/']) {
      const { get } = adminSite(visit, { basePath });
      deepStrictEqual((await get('/')).body.session, { visits: 1 });
      deepStrictEqual((await get('/users')).body.session, { visits: 2 });
    }
    const { get } = adminSite(visit, { basePath: '/app', cookieOptions: { path: '/app/admin' } });
    deepStrictEqual((await get('/')).cookies, []);
    strictEqual((await get('/admin')).cookies.length, 1);

  });

  it('is refused if it is no path, or leaves no request a session', () => {

    const named = (basePath: unknown, path = '/') => () => settingsFrom({ store: 'memory', basePath: basePath as string, cookieOptions: { path } });
    for (const basePath of ['', 'admin', '/a b', '/a?b', '/a#b', '/a;b', '/\u00e4', 5, null, {}]) throws(named(basePath), { name: 'TypeError', message: /^basePath is / });
    throws(named('/shop', '/admin'), { name: 'TypeError', message: /^basePath is "\/shop": it must lie below cookieOptions\.path, which is \/admin/ });
    for (const [basePath, path] of [['/', '/'], ['/admin', '/admin'], ['/admin/', '/admin'], ['/admin/x', '/admin'], ['/app', '/app/admin'], ['/app', '/']] as const) {
      ok(named(basePath, path)());
    }

  });

});

describe('A path', () => {

  it('is below another if it begins with it, up to a slash', () => {

    for (const [path, cookiePath, expected] of [
      ['/admin', '/admin', true], ['/admin/', '/admin', true], ['/admin/x', '/admin', true], ['/administrator', '/admin', false],
      ['/', '/admin', false], ['/admin', '/admin/', false], ['/admin/x', '/admin/', true], ['/x', '/', true], ['/ADMIN', '/admin', false],
    ] as const) strictEqual(isBelow(path, cookiePath), expected, `${path} ${cookiePath}`);

  });

  it('is found in every form of request target', () => {

    for (const [target, path] of [
      ['/a/b?c=/d', '/a/b'], ['/a??b', '/a'], ['https://example.org/a/b?c', '/a/b'], ['https://example.org', '/'], ['https://example.org?x', '/'],
      ['*', '/'], ['', '/'], ['/a#b', '/a'], ['//a/b', '//a/b'], ['http:///a', '/'], ['http:/a', '/'], ['http://h\\a/b', '/'],
    ] as const) strictEqual(pathIn(target), path, target);
    fc.assert(fc.property(fc.string(), target => pathIn(target).startsWith('/')));

  });

});
