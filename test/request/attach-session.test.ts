import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application as CoreApplication } from '@curveball/core';
import { Application, Context, MemoryRequest, MemoryResponse } from '@curveball/kernel';
import session, { encrypted, MemoryStore } from '../../src/index.js';
import { Browser, idOf } from '../support/browser.js';
import { errorsToStatus, type Page, type PageContext, pageOf } from '../support/site.js';

const untyped = (ctx: Context) => ctx as PageContext;

function emptyContext(): Context {

  return new Context(new MemoryRequest('GET', '/', 'http://localhost'), new MemoryResponse('http://localhost'));

}

describe('The session members of a context', () => {

  for (const [name, App] of [['kernel', Application], ['core', CoreApplication]] as const) {
    it(`work under @curveball/${name}`, async () => {

      const app = new App();
      app.use(errorsToStatus(), session({ store: 'memory' }), pageOf({
        '/create': ctx => { ctx.session = { userId: 5 }; },
        '/read': async ctx => [ctx.session, ctx.sessionId, typeof await ctx.getCsrf()],
        '/new-id': ctx => { ctx.sessionId = null; },
      }));
      const browser = new Browser(app);
      await browser.get('/create');
      deepStrictEqual((await browser.get('/read')).body, [{ userId: 5 }, idOf(browser), 'string']);
      const old = idOf(browser);
      await browser.get('/new-id');
      notStrictEqual(idOf(browser), old);
      deepStrictEqual((await browser.get('/read')).body, [{ userId: 5 }, idOf(browser), 'string']);

    });
  }

  it('work without their context', async () => {

    const app = new Application();
    app.use(errorsToStatus(), session({ store: 'memory' }), pageOf({
      '/token': ({ getCsrf }) => getCsrf(),
      '/validate': ({ validateCsrf }) => validateCsrf(),
      '/save': async ctx => {
        const { saveSession, updateSession } = ctx;
        await updateSession(values => ({ ...values, n: 1 }));
        await saveSession();
        return ctx.session;
      },
    }));
    const browser = new Browser(app);
    const token = (await browser.get('/token')).body;
    strictEqual((await browser.post('/validate', { body: { 'csrf-token': token } })).status, 200);
    strictEqual((await browser.post('/validate', { body: { 'csrf-token': 'x' } })).status, 403);
    strictEqual(((await browser.get('/save')).body as unknown as { n: number }).n, 1);

  });

  it('belong to one request', async () => {

    const app = new Application();
    const contexts: Context[] = [];
    app.use(session({ store: 'memory' }), ctx => {
      contexts.push(ctx);
      untyped(ctx).session.n = contexts.length;
    });
    await Promise.all([app.subRequest('GET', '/'), app.subRequest('GET', '/')]);
    deepStrictEqual(contexts.map(ctx => untyped(ctx).session), [{ n: 1 }, { n: 2 }]);
    notStrictEqual(contexts[0].sessionId, contexts[1].sessionId);

  });

  it('are missing until a session middleware has seen the context', () => {

    const ctx = emptyContext();
    strictEqual(ctx.session, undefined);
    strictEqual(ctx.sessionId, undefined);
    strictEqual(ctx.getCsrf, undefined);

  });

  it('can be replaced by a test, on one context and no other', async () => {

    const ctx = emptyContext();
    Object.assign(ctx, { session: { userId: 5 }, getCsrf: async () => 'stub', validateCsrf: () => {} });
    deepStrictEqual(ctx.session, { userId: 5 });
    strictEqual(await ctx.getCsrf(), 'stub');
    ctx.validateCsrf();
    strictEqual(emptyContext().getCsrf, undefined);

    const app = new Application();
    app.use(session({ store: 'memory' }), async inner => {
      inner.getCsrf = async () => 'stub';
      inner.response.status = 200;
      inner.response.body = await inner.getCsrf();
    });
    strictEqual((await app.subRequest('GET', '/')).body, 'stub');

  });

  it('are hidden in a listing of the context', () => {

    ok(!Object.keys(emptyContext()).includes('session'));

  });

});

describe('Two session middlewares on one application', () => {

  function twice(pages: Record<string, Page>) {

    const outerStore = new MemoryStore();
    const innerStore = new MemoryStore();
    const app = new Application();
    const seen: unknown[] = [];
    app.use(
      errorsToStatus(),
      session({ store: outerStore, cookieName: 'OUTER' }),
      async (ctx, next) => {
        const values = untyped(ctx).session;
        values.outer = (values.outer ?? 0) + 1;
        await next();
        seen.push({ ...untyped(ctx).session }, await ctx.getCsrf());
      },
      session({ store: innerStore, cookieName: 'INNER' }),
      pageOf(pages),
    );
    return { browser: new Browser(app), outerStore, innerStore, seen };

  }

  it('do not disturb each other', async () => {

    const { browser, outerStore, innerStore, seen } = twice({
      '/': async ctx => {
        ctx.session.inner = (ctx.session.inner ?? 10) + 1;
        return { ...ctx.session, token: await ctx.getCsrf() };
      },
      '/new-id': ctx => { ctx.sessionId = null; },
      '/end': ctx => { ctx.session = null; },
      '/throw': () => { throw new Error('a bug'); },
    });
    await browser.get('/');
    const { inner, token, ...rest } = (await browser.get('/')).body as never as Record<string, unknown>;
    strictEqual(inner, 12);
    deepStrictEqual(rest, {});
    deepStrictEqual(seen[2], { outer: 2 });
    notStrictEqual(seen[3], token);
    deepStrictEqual([...outerStore.store.keys()], [idOf(browser, 'OUTER')]);
    deepStrictEqual([...innerStore.store.keys()], [idOf(browser, 'INNER')]);

    const outerId = idOf(browser, 'OUTER');
    await browser.get('/new-id');
    await browser.get('/end');
    strictEqual(idOf(browser, 'OUTER'), outerId);
    strictEqual(browser.cookies.has('INNER'), false);
    await browser.get('/throw');
    deepStrictEqual(await outerStore.get(outerId), { outer: 5 });

  });

  it('leave the inner session to code that runs when both have finished, such as a body that is streamed', async () => {

    const app = new Application();
    const seen: unknown[] = [];
    let left: Context | undefined;
    app.use(
      session({ store: new MemoryStore(), cookieName: 'OUTER' }),
      async (ctx, next) => {
        untyped(ctx).session.userId = 5;
        await next();
        seen.push({ ...untyped(ctx).session });
      },
      session({ store: new MemoryStore(), cookieName: 'INNER' }),
      ctx => { left = ctx; },
    );
    await app.subRequest('GET', '/');
    seen.push({ ...untyped(left as Context).session });
    deepStrictEqual(seen, [{ userId: 5 }, {}]);

  });

  it('leave the inner session to a WebSocket whose handler has returned, and its listeners', async () => {

    const app = new Application();
    const seen: unknown[] = [];
    let left: Context | undefined;
    app.use(
      (ctx, next) => {
        left = ctx;
        ctx.webSocket = { close() {} } as never;
        return next();
      },
      session({ store: new MemoryStore(), cookieName: 'OUTER' }),
      async (ctx, next) => {
        untyped(ctx).session.userId = 5;
        seen.push({ ...untyped(ctx).session });
        await next();
        seen.push({ ...untyped(ctx).session });
      },
      session({ store: new MemoryStore(), cookieName: 'INNER' }),
      () => {},
    );
    await app.subRequest('GET', '/');
    seen.push({ ...untyped(left as Context).session });
    deepStrictEqual(seen, [{ userId: 5 }, {}, {}]);

  });

  it('refuse each other\'s ids and tokens, also on one store', async () => {

    for (const store of [new MemoryStore(), encrypted(new MemoryStore())]) {
      const siteOf = (cookieName?: string) => {
        const app = new Application();
        app.use(errorsToStatus(), session({ store, cookieName, grace: 10 }), pageOf({
          '/begin': ctx => { ctx.session.name = cookieName ?? 'CB'; },
          '/read': ctx => ctx.session,
          '/rotate': ctx => { ctx.sessionId = null; },
          '/token': ctx => ctx.getCsrf(),
          '/validate': ctx => { ctx.validateCsrf(); },
        }));
        return new Browser(app);
      };
      const names = [undefined, 'ONE', 'TWO'];
      for (const name of names) {
        const one = siteOf(name);
        await one.get('/begin');
        const retired = idOf(one, name);
        await one.get('/rotate');
        const token = (await one.get('/token')).body;
        strictEqual((await one.post('/validate', { body: { 'csrf-token': token } })).status, 200);
        deepStrictEqual((await one.get('/read')).body, { name: name ?? 'CB' });
        for (const other of names) {
          if (other === name) continue;
          const two = siteOf(other);
          for (const id of [idOf(one, name), retired]) {
            two.cookies.set(other ?? 'CB', id);
            deepStrictEqual((await two.get('/read')).body, {});
            strictEqual((await two.post('/validate', { body: { 'csrf-token': token } })).status, 403);
          }
        }
        deepStrictEqual((await one.get('/read')).body, { name: name ?? 'CB' });
      }
    }

  });

});
