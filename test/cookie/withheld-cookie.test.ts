import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application, type Context } from '@curveball/kernel';
import fc from 'fast-check';
import { isCookieWithheld } from '../../src/cookie/withheld-cookie.js';
import session, { type SessionOptions } from '../../src/index.js';
import { Browser, setCookies } from '../support/browser.js';
import { RecordingStore } from '../support/recording-store.js';
import type { PageContext } from '../support/site.js';

type Fields = { site?: string | undefined; mode?: string | undefined; dest?: string | undefined };

function headersOf({ site, mode, dest }: Fields) {

  const all = new Map([['sec-fetch-site', site], ['sec-fetch-mode', mode], ['sec-fetch-dest', dest]]);
  return { get: (name: string) => all.get(name) ?? null };

}

const withheld = (fields: Fields, method: string, sameSite: boolean | string | undefined) => isCookieWithheld(headersOf(fields), method, sameSite);

const LINK = { site: 'cross-site', mode: 'navigate', dest: 'document' };

describe('A cookie is withheld', () => {

  it('from forms of other sites', () => {

    for (const method of ['POST', 'PUT', 'DELETE', 'X']) {
      for (const sameSite of ['lax', 'Lax', 'strict', true, false, undefined]) strictEqual(withheld(LINK, method, sameSite), true, `${method} ${sameSite}`);
    }

  });

  it('from links of other sites only if it is Strict', () => {

    for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE']) {
      strictEqual(withheld(LINK, method, 'lax'), false);
      strictEqual(withheld(LINK, method, false), false);
      for (const strict of ['strict', 'Strict', 'STRICT', true]) strictEqual(withheld(LINK, method, strict), true);
    }

  });

  it('from what other sites embed or fetch', () => {

    for (const [mode, dest] of [
      ['navigate', 'iframe'], ['navigate', 'frame'], ['navigate', 'object'], ['navigate', 'embed'], ['navigate', 'fencedframe'], ['no-cors', 'image'], ['cors', 'empty'],
      ['no-cors', 'document'], ['websocket', 'websocket'], ['same-origin', 'document'], ['navigate', undefined], [undefined, 'document'], [undefined, undefined],
    ]) strictEqual(withheld({ site: 'cross-site', mode, dest }, 'GET', 'lax'), true, `${mode} ${dest}`);

  });

  it('never from pages of the same site, nor if SameSite is None', () => {

    for (const site of ['same-origin', 'same-site', 'none', undefined, '', 'Cross-Site', 'cross-site, cross-site']) {
      for (const sameSite of ['lax', 'strict', true, false, 'none']) strictEqual(withheld({ ...LINK, site }, 'POST', sameSite), false, site);
    }
    for (const none of ['none', 'None', 'NONE']) strictEqual(withheld(LINK, 'POST', none), false);

  });

  it('only with cross-site, whatever the other headers say', () => {

    const text = fc.option(fc.oneof(fc.constantFrom('navigate', 'document', 'cross-site', 'cors'), fc.string()), { nil: undefined });
    fc.assert(fc.property(text, text, text, fc.string(), fc.constantFrom('lax', 'strict', 'none', true, false), (site, mode, dest, method, sameSite) => {
      const is = withheld({ site, mode, dest }, method, sameSite);
      if (site !== 'cross-site' || sameSite === 'none') strictEqual(is, false);
      else if (sameSite === 'strict' || sameSite === true) strictEqual(is, true);
    }));

  });

});

describe('A session that begins as a side effect of a request from another site', () => {

  /** An application that starts no session for other sites as a side effect, with one handler. */
  function application(handler: (ctx: PageContext) => unknown, options: Partial<SessionOptions> = {}, refusesForeignSessions = true) {

    const store = new RecordingStore();
    const app = new Application();
    // Only applications with the option user have sign-ins to lose.
    app.use(session({ store, ...options, ...(refusesForeignSessions ? { user: 'userId' } : {}) }), async (ctx: Context) => {
      ctx.response.status = 200;
      await handler(ctx as PageContext);
    });
    return { store, browser: new Browser(app) };

  }

  const POST = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

  const writes: Record<string, (ctx: PageContext) => unknown> = {
    'a value': ctx => { ctx.session.visits = 1; },
    'a value that is saved at once': async ctx => {
      ctx.session.visits = 1;
      await ctx.saveSession();
    },
    'an atomic update': async ctx => {
      ctx.session.page = 'x';
      const values = await ctx.updateSession(values => { values.visits = 1; });
      deepStrictEqual(values, { page: 'x', visits: 1 });
      deepStrictEqual(await ctx.updateSession(() => ({ visits: 2 })), { visits: 2 });
      deepStrictEqual(ctx.session, { visits: 2 });
    },
  };

  for (const [name, handler] of Object.entries(writes)) {

    it(`is not stored for a form of another site, and no cookie is sent: ${name}`, async () => {

      const { store, browser } = application(handler);
      const response = await browser.post('/', { headers: POST });
      strictEqual(response.status, 200);
      deepStrictEqual(setCookies(response), []);
      deepStrictEqual(store.takeCalls(), []);

    });

    it(`is stored for all other requests: ${name}`, async () => {

      const { browser } = application(handler);
      for (const headers of [{}, { ...POST, 'Sec-Fetch-Site': 'same-origin' }, { ...POST, 'Sec-Fetch-Site': 'same-site' }] as Array<Record<string, string>>) {
        browser.cookies.clear();
        strictEqual(setCookies(await browser.post('/', { headers })).length, 1);
      }
      browser.cookies.clear();
      strictEqual(setCookies(await browser.get('/', { headers: POST })).length, 1, 'a link, with Lax');
      const strict = application(handler, { cookieOptions: { sameSite: 'strict' } });
      strictEqual(setCookies(await strict.browser.get('/', { headers: POST })).length, 0, 'a link, with Strict');
      const off = application(handler, {}, false);
      strictEqual(setCookies(await off.browser.post('/', { headers: POST })).length, 1, 'where it is not switched on');

    });

  }

  it('is stored after all if the handler wants a new id', async () => {

    const { store, browser } = application(ctx => {
      ctx.session = { userId: 5 };
      ctx.sessionId = null;
    });
    strictEqual(setCookies(await browser.post('/', { headers: POST })).length, 1);
    deepStrictEqual(store.takeCalls(), ['create']);

  });

  it('is stored if the browser did send a cookie of ours', async () => {

    for (const name of ['CB', 'CB-form-x', 'CB-form']) {
      const { browser } = application(writes['a value'] as never);
      browser.cookies.set(name, 'x'.repeat(43));
      strictEqual(setCookies(await browser.post('/', { headers: POST })).length, 1, name);
    }

  });

  it('does not keep a form from working: the form\'s cookie replaces nothing, and has one name however often it is set', async () => {

    const { store, browser } = application(async ctx => {
      if (ctx.path === '/submit') ctx.validateCsrf(ctx.request.headers.get('X-CSRF-Token') as string);
      else ctx.response.body = await ctx.getCsrf();
    });
    const jar = browser.cookies;
    for (let visit = 0; visit < 3; visit++) {
      const other = new Browser(browser.app);
      const { body: token } = await other.post('/', { headers: POST });
      for (const [name, value] of other.cookies) jar.set(name, value);
      deepStrictEqual([...jar.keys()], ['CB-form']);
      strictEqual((await browser.post('/submit', { headers: { 'X-CSRF-Token': token as string } })).status, 200);
    }
    deepStrictEqual(store.takeCalls(), []);

  });

});
