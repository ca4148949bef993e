import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import session from '../../src/index.js';
import { Browser } from '../support/browser.js';
import { errorsToStatus, type Page, type PageContext, site } from '../support/site.js';

/** All the ways in which an answer can depend on the session. */
const USES: Record<string, Page> = {
  '/get': ctx => ctx.session.userId ?? 'nobody',
  '/in': ctx => String('userId' in ctx.session),
  '/keys': ctx => Object.keys(ctx.session),
  '/destructured': ({ session: { userId } }) => userId ?? 'nobody',
  '/json': ctx => JSON.stringify(ctx.session),
  '/spread': ctx => ({ ...ctx.session }),
  '/id': ctx => String(ctx.sessionId),
  '/token': ctx => ctx.getCsrf(),
  '/update': ctx => ctx.updateSession(() => {}),
  '/validate': ctx => isValid(ctx, 'x'),
  '/no-token': ctx => isValid(ctx),
};

function isValid(ctx: PageContext, token?: string) {

  try {
    ctx.validateCsrf(token);
    return 'yes';
  } catch {
    return 'no';
  }

}

const PAGES: Record<string, Page> = {
  ...USES,
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/nothing': () => 'nothing',
};

function headersOf(response: { headers: { get(name: string): string | null } }) {

  return [response.headers.get('Vary'), response.headers.get('Cache-Control')];

}

/** The headers of a page that set them and then used the session. */
async function after(headers: Record<string, string | string[]>, act: Page = ctx => ctx.session) {

  const { browser } = site({ '/': ctx => {
    for (const [name, value] of Object.entries(headers)) ctx.response.headers.set(name, value);
    return act(ctx);
  } });
  return headersOf(await browser.get('/'));

}

describe('A response that depends on the session', () => {

  for (const path of Object.keys(USES)) {
    it(`is kept from shared caches, with a session and without one: ${path}`, async () => {

      const { browser, app } = site(PAGES);
      const cookieLess = headersOf(await new Browser(app).get(path));
      deepStrictEqual(cookieLess, ['Cookie', path === '/token' ? 'no-store' : 'private']);
      await browser.get('/create');
      // A form's cookie is sent with the first of its pages.
      if (path === '/token') await browser.get(path);
      deepStrictEqual(headersOf(await browser.get(path)), ['Cookie', 'private']);

    });
  }

  it('is the only one with the headers for caches: a response that does not use the session has none', async () => {

    const { browser, app } = site(PAGES);
    deepStrictEqual(headersOf(await new Browser(app).get('/nothing')), [null, null]);
    await browser.get('/create');
    deepStrictEqual(headersOf(await browser.get('/nothing')), [null, null]);

  });

  it('has the headers also if a page throws, or an outer middleware reads the session', async () => {

    const { browser } = site({ '/': ctx => {
      if (ctx.session.userId === undefined) throw new Error('nobody');
    } });
    deepStrictEqual(headersOf(await browser.get('/')), ['Cookie', 'private']);

    const app = new Application();
    app.use(errorsToStatus(), async (ctx, next) => {
      await next();
      ctx.response.body = `Hello ${(ctx as PageContext).session.userId ?? 'stranger'}`;
    }, session({ store: 'memory' }), ctx => { ctx.response.status = 200; });
    deepStrictEqual(headersOf(await new Browser(app).get('/')), ['Cookie', 'private']);

  });

  it('keeps the application\'s own Cache-Control and Vary', async () => {

    deepStrictEqual(await after({ 'Cache-Control': 'public, max-age=60' }), ['Cookie', 'public, max-age=60']);
    deepStrictEqual(await after({ Vary: '*' }), ['*', 'private']);
    deepStrictEqual(await after({ Vary: 'Accept, *' }), ['Accept, *', 'private']);
    deepStrictEqual(await after({ Vary: 'Accept' }), ['Accept, Cookie', 'private']);
    deepStrictEqual(await after({ Vary: ['Accept', 'Origin'] }), ['Accept, Origin, Cookie', 'private']);
    deepStrictEqual(await after({ Vary: 'accept, cookie' }), ['accept, cookie', 'private']);
    deepStrictEqual(await after({ Vary: 'COOKIE' }), ['COOKIE', 'private']);
    deepStrictEqual(await after({ Vary: 'X-Cookie, Cookie-Consent' }), ['X-Cookie, Cookie-Consent, Cookie', 'private']);
    deepStrictEqual(await after({ Vary: '' }), ['Cookie', 'private']);

  });

});

describe('A response with our cookie', () => {

  const create: Page = ctx => { ctx.session = { a: 1 }; };

  it('is stored by no cache, whatever the application says', async () => {

    deepStrictEqual(await after({}, create), ['Cookie', 'no-store']);
    deepStrictEqual(await after({ 'Cache-Control': 'public, max-age=60, s-maxage=600' }, create), ['Cookie', 'no-store']);
    deepStrictEqual(await after({ 'Cache-Control': 'private, no-cache' }, create), ['Cookie', 'no-store']);
    deepStrictEqual(await after({ 'Cache-Control': 'no-store, must-revalidate' }, create), ['Cookie', 'no-store, must-revalidate']);
    deepStrictEqual(await after({ 'Cache-Control': 'max-age=60,NO-STORE' }, create), ['Cookie', 'max-age=60,NO-STORE']);
    deepStrictEqual(await after({ 'Cache-Control': 'x-no-store, public' }, create), ['Cookie', 'no-store']);

  });

  it('is stored by no cache when it clears or renews the cookie, either', async () => {

    const { browser } = site({ ...PAGES, '/end': ctx => { ctx.session = null; }, '/new-id': ctx => { ctx.sessionId = null; } });
    await browser.get('/create');
    for (const path of ['/new-id', '/end']) {
      const response = await browser.get(path);
      match(response.headers.get('Set-Cookie') as string, /^CB=/);
      deepStrictEqual(headersOf(response), ['Cookie', 'no-store'], path);
    }

  });

  it('is stored by no cache, either, if the page saved early and set its headers later', async () => {

    const { browser } = site({ '/': async ctx => {
      ctx.session = { a: 1 };
      await ctx.saveSession();
      ctx.response.headers.set('Cache-Control', 'public, max-age=60');
      ctx.response.headers.set('Vary', 'Accept');
    } });
    deepStrictEqual(headersOf(await browser.get('/')), ['Accept, Cookie', 'no-store']);

  });

  it('has no Set-Cookie if the request failed', async () => {

    const { browser } = site({ '/': ctx => { ctx.session = { a: 1n }; } });
    const response = await browser.get('/');
    strictEqual(response.headers.get('Set-Cookie'), null);
    strictEqual(response.headers.get('Vary'), 'Cookie');

  });

});
