import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application, type Middleware } from '@curveball/kernel';
import session, { csrf, type CsrfOptions, MemoryStore } from '../../src/index.js';
import { Browser, formsOf } from '../support/browser.js';
import { errorsToStatus, type Page, pageOf } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/write': ctx => { ctx.session.cart = 'a book'; },
  '/form': ctx => ctx.getCsrf(),
  '/masked': ctx => ctx.getCsrf({ masked: true }),
  '/do': () => {},
  '/validate': ctx => { ctx.validateCsrf(); },
};

type Order = 'before both' | 'between them' | 'after both';

/** A shop's session, and within it one of its administration. */
function application(order: Order, options: CsrfOptions = {}, more: Middleware[] = []) {

  const handled: string[] = [];
  const guard = csrf(options);
  const outer = session({ store: new MemoryStore(), cookieName: 'SHOP' });
  const inner = session({ store: new MemoryStore(), cookieName: 'ADMIN' });
  const outside: Middleware = async (ctx, next) => {
    if (ctx.path === '/outer-form') ctx.response.body = await ctx.getCsrf();
    else if (ctx.path === '/outer-write') ctx.session.cart = 'a book';
    else return next();
    ctx.response.status = 200;
  };
  const app = new Application();
  app.use(errorsToStatus(), ...more);
  if (order === 'before both') app.use(guard, outer, outside, inner);
  if (order === 'between them') app.use(outer, outside, guard, inner);
  if (order === 'after both') app.use(outer, outside, inner, guard);
  app.use((ctx, next) => {
    handled.push(ctx.path);
    return next();
  }, pageOf(PAGES));
  return { app, handled, browser: new Browser(app) };

}

/** The answer to a request that has neither `Sec-Fetch-Site` nor `Origin`. */
async function send(browser: Browser, token: unknown, path = '/do'): Promise<number> {

  return (await browser.post(path, { body: { 'csrf-token': token } })).status;

}

const without = (browser: Browser, name: RegExp) => {
  const other = browser.clone();
  for (const each of other.cookies.keys()) if (name.test(each)) other.cookies.delete(each);
  return other;
};

for (const order of ['before both', 'between them', 'after both'] as const) {

  describe(`csrf() ${order} of two session middlewares`, () => {

    it('refuses a request without a token, whichever cookie it comes with', async () => {

      const { browser, handled } = application(order);
      await browser.get('/outer-write');
      await browser.get('/write');
      deepStrictEqual([...browser.cookies.keys()], ['SHOP', 'ADMIN']);
      handled.length = 0;
      for (const each of [browser, without(browser, /SHOP/), without(browser, /ADMIN/)]) strictEqual(await send(each, undefined), 403);
      deepStrictEqual(handled, []);
      strictEqual(await send(without(browser, /SHOP|ADMIN/), undefined), 200, 'nothing that a browser added by itself');

    });

    it('accepts the form of a page, whichever of the two sessions the visitor has', async () => {

      for (const begin of [[], ['/outer-write'], ['/write'], ['/outer-write', '/write']]) {
        const { browser } = application(order);
        for (const path of begin) await browser.get(path);
        for (const path of ['/form', '/masked']) {
          const { body: token } = await browser.get(path);
          match(token as string, /^[\w-]+\.[\w-]+$/);
          strictEqual(await send(browser, token), 200, `${begin} ${path}`);
          strictEqual(await send(browser, token, '/validate'), 200);
        }
        const { body: token } = await browser.get('/form');
        await browser.get('/outer-write');
        await browser.get('/write');
        strictEqual(await send(browser, token), 200, 'also when sessions have begun since');
        strictEqual(await send(without(browser, /SHOP/), token), 200);
        strictEqual(await send(without(browser, /ADMIN/), token), 200);
      }

    });

    it('refuses the token of one session if the other\'s cookie is sent: an attacker may have planted that session', async () => {

      const { app, browser, handled } = application(order);
      await browser.get('/outer-write');
      const { body: planted } = await browser.get('/outer-form');
      strictEqual(await send(browser, planted), 200);
      const victim = new Browser(app);
      await victim.get('/write');
      for (const [name, value] of browser.cookies) victim.cookies.set(name, value);
      handled.length = 0;
      strictEqual(await send(victim, planted), 403);
      const { body: all } = await victim.get('/form');
      const [own, other] = (all as unknown as string).split('.');
      strictEqual(other, planted);
      strictEqual(await send(victim, own), 403);
      strictEqual(await send(victim, all), 200);
      for (const wrong of [`${all}.`, `.${all}`, `${own}..${other}`, `${own},${other}`, `${own}.${other}.x`, `${own}.${'x'.repeat(43)}`, [own, other]]) {
        strictEqual(await send(victim, wrong), 403, String(wrong));
      }
      deepStrictEqual(handled, ['/form', '/do']);

    });

  });

}

describe('Two session middlewares', () => {

  it('have a form in a cookie of each, and every token once if they share a cookie', async () => {

    const { browser } = application('before both');
    await browser.get('/form');
    deepStrictEqual([...formsOf(browser).keys()].map(name => name.slice(0, -2)).sort(), ['ADMIN-form', 'SHOP-form']);
    const store = new MemoryStore();
    const app = new Application();
    app.use(errorsToStatus(), session({ store }), session({ store }), pageOf(PAGES));
    const twice = new Browser(app);
    await twice.get('/write');
    match((await twice.get('/form')).body as unknown as string, /^[\w-]{43}$/);

  });

  it('are both asked if a token is always needed, and one valid token is enough if the other has no cookie', async () => {

    const { browser } = application('before both', { requireToken: true });
    const headers = { 'Sec-Fetch-Site': 'same-origin' };
    const status = async (from: Browser, token: unknown) => (await from.post('/do', { headers, body: { 'csrf-token': token } })).status;
    strictEqual(await status(browser, undefined), 403);
    const { body: token } = await browser.get('/form');
    strictEqual(await status(browser, token), 200);
    const outer = new Browser(browser.app);
    const { body: first } = await outer.get('/outer-form');
    strictEqual(await status(outer, first), 200);

  });

  it('have no token of one whose cookie does not cover the path', async () => {

    const app = new Application();
    app.use(
      errorsToStatus(), csrf(), session({ store: new MemoryStore(), cookieName: 'ADMIN', cookieOptions: { path: '/admin' } }),
      session({ store: new MemoryStore(), cookieName: 'SHOP' }), pageOf({ ...PAGES, '/admin/form': PAGES['/form'] as Page, '/admin/do': () => {} }),
    );
    const browser = new Browser(app);
    const { status, body } = await browser.get('/form');
    strictEqual(status, 200);
    match(body as unknown as string, /^[\w-]{43}$/);
    strictEqual(await send(browser, body), 200);
    strictEqual(await send(browser, undefined), 403);
    const { body: both } = await browser.get('/admin/form');
    match(both as unknown as string, /^[\w-]{43}\.[\w-]{43}$/);
    strictEqual(await send(browser, both, '/admin/do'), 200);
    strictEqual(await send(browser, body, '/admin/do'), 403);

  });

  it('answer every csrf() of a chain', async () => {

    const { browser } = application('before both', {}, [csrf({ requireToken: true })]);
    const { body: token } = await browser.get('/form');
    const headers = { 'Sec-Fetch-Site': 'same-origin' };
    strictEqual((await browser.post('/do', { headers })).status, 403);
    strictEqual((await browser.post('/do', { headers, body: { 'csrf-token': token } })).status, 200);

  });

});
