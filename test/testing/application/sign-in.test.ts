import { deepEqual, equal, match, notEqual, ok, rejects, throws } from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Application, type Context, invokeMiddlewares } from '@curveball/core';
import { z } from 'zod';
import session, { csrf, encrypted, MemoryStore, recentlyAuthenticated, type SessionOptions, type SessionStore, UserSessions } from '../../../src/index.js';
import { SqliteStore } from '../../../src/stores/sqlite-store.js';
import { signIn, type TestClock, testClock, visit } from '../../../src/testing/index.js';
import { DRIVERS } from '../../stores/sqlite/sqlite-drivers.js';
import { MapStore } from '../../support/map-store.js';
import { temporaryFolder } from '../../support/servers/server.js';

const HOUR = 3600;

/** Shows the session, and changes it. */
async function answer(ctx: Context): Promise<void> {

  if (ctx.path === '/count') await ctx.updateSession(latest => { latest.count = (latest.count ?? 0) + 1; });
  if (ctx.method === 'POST') ctx.session.posted = true;
  ctx.status = 200;
  ctx.response.body = { ...ctx.session };

}

function application(options: Partial<SessionOptions> = {}, ...before: Parameters<Application['use']>): Application {

  const app = new Application();
  app.use(...before, session({ store: new MemoryStore(), user: 'userId', ...options }), answer);
  return app;

}

/** On a database of its own. */
async function sqlite(): Promise<SqliteStore> {

  const store = new SqliteStore({ database: await Object.values(DRIVERS)[0](join(temporaryFolder(), 'sessions.db')) });
  await store.setup();
  return store;

}

const STORES: Record<string, () => SessionStore | Promise<SessionStore>> = {
  'a memory store': () => new MemoryStore(),
  'SQLite': sqlite,
  'an encrypted store': () => encrypted(new MemoryStore()),
};

describe('signIn()', () => {

  for (const [name, open] of Object.entries(STORES)) {

    it(`signs in on ${name}: the session has its user from the first request, and parallel requests find it`, async () => {

      const store = await open();
      const app = application({ store }, csrf());
      const visitor = await signIn(app, { userId: 'ada', role: 'admin' }, { metadata: { device: 'phone' } });
      const id = visitor.cookies.get('CB');
      const [listed] = await new UserSessions(store as never).list('ada');
      deepEqual([listed.metadata, typeof listed.authenticatedAt], [{ device: 'phone' }, 'number']);
      const answers = await Promise.all(['/count', '/count', '/', '/count'].map(path => visitor.get(path)));
      deepEqual(answers.map(({ status }) => status), [200, 200, 200, 200]);
      equal((await visitor.post('/', {})).status, 200);
      deepEqual(await (await visitor.get('/')).json(), { userId: 'ada', role: 'admin', count: 3, posted: true });
      equal(visitor.cookies.get('CB'), id, 'no new id');
      await new UserSessions(store as never).endAll('ada');
      deepEqual(await (await visitor.get('/')).json(), {});

    });

  }

  it('signs in on a store of four methods', async () => {

    const visitor = await signIn(application({ store: new MapStore(), user: undefined }), { userId: 'ada' });
    deepEqual((await Promise.all([visitor.get('/count'), visitor.get('/count')])).map(({ status }) => status), [200, 200]);
    deepEqual(await visitor.run(ctx => ctx.session), { userId: 'ada', count: 2 });

  });

  it('keeps the limit of sessions, the schema, and what applies to this sign-in alone', async t => {

    t.mock.method(console, 'error', () => {});
    const app = application({ maxUserSessions: 1, schema: z.object({ userId: z.string().optional(), role: z.enum(['admin', 'guest']).optional() }) });
    const first = await signIn(app, { userId: 'ada', role: 'guest' });
    const second = await signIn(app, { userId: 'ada' }, { persistent: true, expiry: 100 });
    deepEqual(await (await first.get('/')).json(), {});
    deepEqual(await (await second.get('/')).json(), { userId: 'ada' });
    deepEqual(await (await (await signIn(app, { userId: 'bob', role: 'nobody' })).get('/')).json(), {}, 'ended when it is loaded');

  });

  it('gives the application values of its own', async () => {

    const values = { userId: 'ada', cart: [1] };
    const visitor = await signIn(application(), values);
    values.cart.push(2);
    deepEqual(await visitor.run(ctx => ctx.session), { userId: 'ada', cart: [1] });

  });

  it('names the session middleware where there are several', async () => {

    const store = new MemoryStore();
    const app = new Application();
    const hidden = session({ store, cookieName: 'HIDDEN' });
    app.use(
      csrf({ requireToken: true }),
      session({ store, cookieName: 'SHOP' }), session({ store, cookieName: 'ADMIN', cookieOptions: { path: '/admin' } }),
      (ctx, next) => ctx.path === '/hidden' ? invokeMiddlewares(ctx, [hidden, answer]) : next(), answer,
    );
    await rejects(signIn(app, { a: 1 }), /^TypeError: The application has 2 session middlewares: name the cookie of one by the option `cookieName`: SHOP, ADMIN/);
    await rejects(signIn(app, { a: 1 }, { cookieName: 'CB' }), /^TypeError: cookieName is "CB": it must be the name of a session cookie of the application: SHOP, ADMIN/);
    await rejects(signIn(app, { a: 1 }, { middleware: answer }), /^TypeError: middleware is a .*unction: it must be what session\(\) returned/);
    const visitor = await signIn(app, { a: 1 }, { cookieName: 'ADMIN' });
    deepEqual(visitor.cookies.names, ['ADMIN']);
    deepEqual(await (await visitor.get('/admin')).json(), { a: 1 });
    deepEqual(await (await visitor.get('/')).json(), {});
    await visitor.run(ctx => { ctx.session.b = 1; }, { cookieName: 'SHOP' });
    equal((await visitor.post('/admin', {}, { headers: { 'X-CSRF-Token': await visitor.csrfToken() } })).status, 200);
    const other = await signIn(app, { c: 1 }, { middleware: hidden });
    deepEqual(await (await other.get('/hidden')).json(), { c: 1 });

  });

  it('knows the path of the cookie, and what a proxy removes', async () => {

    const app = application({ basePath: '/base', cookieOptions: { path: '/base/shop' } });
    const visitor = await signIn(app, { userId: 'ada' });
    deepEqual(await (await visitor.get('/shop/cart')).json(), { userId: 'ada' });
    deepEqual(await (await visitor.get('/else')).json(), {});

  });

  it('has a cookie with all attributes on https', async () => {

    const app = application({ cookieName: '__Host-S', cookieOptions: { secure: true } });
    app.origin = 'https://site.example';
    const visitor = await signIn(app, { userId: 'ada' });
    deepEqual(visitor.cookies.names, ['__Host-S']);
    deepEqual(await (await visitor.get('/')).json(), { userId: 'ada' });
    app.origin = 'http://site.example';
    await rejects(signIn(app, { userId: 'ada' }), /^Error: A browser would not keep the cookie __Host-S: it has the attribute Secure/);

  });

  it('refuses what is no sign-in', async () => {

    const app = application();
    await rejects(signIn(app, { role: 'admin' }), /^TypeError: signIn\(\) was given values without a user/);
    await rejects(signIn(application({ user: undefined }), {}), /^TypeError: signIn\(\) was given values without any content/);
    await rejects(signIn(app, null as never), /^TypeError: values is null/);
    await rejects(signIn(app, { userId: 1 }, { remember: true } as never), TypeError);
    await rejects(signIn(new Application(), { userId: 1 }), /^TypeError: The application has no session middleware/);
    for (const wrong of [undefined, {}, 'http://localhost']) throws(() => visit(wrong as never), /^TypeError: app is .*: it must be an Application of Curveball/);

  });

});

describe('A visitor on the clock of a test', () => {

  let clock: TestClock;
  beforeEach(() => { clock = testClock(); });
  afterEach(() => clock.restore());

  it('is signed out by idle time and by absolute time', async () => {

    const app = application({ expiry: HOUR, absoluteExpiry: 5 * HOUR });
    const [idle, busy] = [await signIn(app, { userId: 'ada' }), await signIn(app, { userId: 'bob' })];
    for (let hours = 1; hours < 5; hours++) {
      clock.advance(HOUR - 60);
      deepEqual(await (await busy.get('/')).json(), { userId: 'bob' });
    }
    deepEqual(await (await idle.get('/')).json(), {});
    clock.advance(HOUR - 60);
    clock.advance(300);
    deepEqual(await (await busy.get('/')).json(), {});

  });

  for (const [name, open] of Object.entries(STORES)) {

    it(`gets a new id, has to prove who they are, and meets the deadline on ${name}`, async t => {

      t.mock.method(console, 'error', () => {});
      const app = new Application();
      app.use(session({ store: await open(), user: 'userId', expiry: 86_400, renewal: HOUR }), async (ctx, next) => {
        if (ctx.path === '/pay') await invokeMiddlewares(ctx, [recentlyAuthenticated({ within: 300 }), next]);
        else await next();
      }, answer);
      const visitor = await signIn(app, { userId: 'ada' }, { absoluteExpiry: 2 * HOUR });
      const id = visitor.cookies.get('CB');
      equal((await visitor.get('/pay')).status, 200);
      clock.advance(301);
      equal((await visitor.get('/pay')).status, 401);
      clock.advance(HOUR);
      await visitor.get('/');
      notEqual(visitor.cookies.get('CB'), id);
      deepEqual(await (await visitor.get('/')).json(), { userId: 'ada' });
      clock.advance(HOUR);
      deepEqual(await (await visitor.get('/')).json(), {});

    });

  }

  it('loses a cookie whose Max-Age is over, and keeps one that is sent again', async () => {

    const app = application({ expiry: 100 * HOUR, cookieOptions: { maxAge: HOUR } });
    const visitor = await signIn(app, { userId: 'ada' });
    match((await visitor.run(ctx => ctx.response.headers.get('set-cookie'))) ?? '', /^$/);
    clock.advance(HOUR / 2);
    await visitor.get('/');
    clock.advance(HOUR / 2 + 300);
    ok(visitor.cookies.get('CB'));
    clock.advance(2 * HOUR);
    equal(visitor.cookies.get('CB'), undefined);
    deepEqual(await (await visitor.get('/')).json(), {});

  });

});
