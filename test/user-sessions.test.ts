import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MemoryStore, UserSessions } from '../src/index.js';
import { idOf, setCookies } from './support/browser.js';
import { clock } from './support/later-sign-ins.js';
import { type Page, site as siteOf } from './support/site.js';

const PAGES: Record<string, Page> = {
  '/cart': ctx => { ctx.session.cart = ['book']; },
  '/sign-in': ctx => { ctx.session.userId = ctx.query.user ?? 'ada'; },
  '/read': ctx => ({ ...ctx.session }),
  '/rotate': ctx => { ctx.sessionId = null; },
  '/info': ctx => ctx.sessionInfo,
};

const site = (pages: Record<string, Page> = {}, options = {}) => siteOf<MemoryStore>({ ...PAGES, ...pages }, { user: 'userId', ...options });

describe('The sessions of a user', () => {

  async function devices(count: number, options = {}, later = () => {}) {

    const made = site({ '/sign-in': ctx => {
      ctx.session.userId = 'ada';
      ctx.authenticated({ metadata: { device: String(ctx.query.device) } });
    } }, options);
    const browsers = [];
    for (let index = 0; index < count; index++) {
      const browser = made.browser.clone();
      later();
      await browser.get(`/sign-in?device=${index}`);
      browsers.push(browser);
    }
    return { ...made, browsers, sessions: new UserSessions(made.store) };

  }

  it('are listed with their details, and without ids', async () => {

    const { sessions, browsers, store } = await devices(3);
    const now = Date.now() / 1000;
    const list = await sessions.list('ada');
    deepStrictEqual(list.map(({ metadata }) => metadata.device).sort(), ['0', '1', '2']);
    for (const each of list) {
      ok(Math.abs(each.createdAt - now) < 5 && Math.abs(each.seenAt - now) < 5 && Math.abs((each.authenticatedAt ?? 0) - now) < 5);
      ok(Math.abs(each.expiresAt - now - 3600) < 5);
      strictEqual(each.absoluteExpiresAt, null);
      for (const browser of browsers) ok(!JSON.stringify(each).includes(idOf(browser).slice(16)));
      strictEqual(store.load(each.handle), null, 'a handle is missing\'s id');
    }

  });

  it('are ended one by one by their handles, which stay when ids change', async () => {

    const { sessions, browsers } = await devices(2);
    const [one, other] = browsers as [typeof browsers[0], typeof browsers[0]];
    const { handle } = (await one.get('/info')).body as unknown as { handle: string };
    for (let turn = 0; turn < 10; turn++) await one.get('/rotate');
    strictEqual(await sessions.end('bob', handle), false, 'another\'s');
    strictEqual(await sessions.end('ada', handle), true);
    strictEqual(await sessions.end('ada', handle), false);
    deepStrictEqual((await one.get('/read')).body, {});
    deepStrictEqual((await other.get('/read')).body, { userId: 'ada' });

  });

  it('are ended all but the current one, or all', async () => {

    const { sessions, browsers } = await devices(3);
    const [current, ...others] = browsers as [typeof browsers[0], ...typeof browsers];
    const { handle } = (await current.get('/info')).body as unknown as { handle: string };
    strictEqual(await sessions.endAll('ada', { except: handle }), 2);
    for (const browser of others) deepStrictEqual((await browser.get('/read')).body, {});
    deepStrictEqual((await current.get('/read')).body, { userId: 'ada' });
    strictEqual(await sessions.endAll('ada'), 1);
    deepStrictEqual((await current.get('/read')).body, {});
    deepStrictEqual(await sessions.list('ada'), []);

  });

  it('are all ended if the one to keep is not named, or is not one of them', async () => {

    for (const options of [{}, { except: undefined }, { except: '' }, { except: 'x'.repeat(16) }]) {
      const { sessions, browsers } = await devices(2);
      strictEqual(await sessions.endAll('ada', options), 2, JSON.stringify(options));
      for (const browser of browsers) deepStrictEqual((await browser.get('/read')).body, {});
    }

  });

  it('are left alone if an option is wrong, which the error names with the allowed values', async () => {

    const { sessions, store } = await devices(2);
    const wrong: Array<[unknown, string]> = [
      [{ exept: 'x' }, 'option exept is unknown: it must be except'],
      [{ except: 'x', only: 'y' }, 'option only is unknown: it must be except'],
      [{ except: null }, 'except is null: it must be the handle of a session'],
      [{ except: 5 }, 'except is 5: it must be the handle of a session'],
      ['x', 'options is "x": it must be an object'],
      [null, 'options is null: it must be an object'],
    ];
    for (const [options, message] of wrong) {
      await rejects(sessions.endAll('ada', options as object), { name: 'TypeError', message });
    }
    strictEqual((await sessions.list('ada')).length, 2);
    throws(() => new UserSessions(store, { timeout: 5 } as object), { name: 'TypeError', message: 'option timeout is unknown: it must be storeTimeout' });
    throws(() => new UserSessions(store, { storeTimeout: 0 }), { name: 'TypeError', message: /^storeTimeout is 0: it must be a number of seconds from 0\.001 to 3600$/ });
    ok(new UserSessions(store, { storeTimeout: undefined }));

  });

  it('are ended with everything else', async () => {

    const { sessions, browsers, browser } = await devices(2);
    await browser.get('/cart');
    await sessions.endEverything();
    for (const each of [browser, ...browsers]) deepStrictEqual((await each.get('/read')).body, {});

  });

  it('are as many as maxUserSessions allows: one more ends the one that was not used for longest', async t => {

    const later = clock(t);
    const { sessions, browsers } = await devices(3, { maxUserSessions: 3 }, later);
    const [first, second, third] = browsers as [typeof browsers[0], typeof browsers[0], typeof browsers[0]];
    const fourth = first.clone();
    fourth.cookies.clear();
    later();
    await fourth.get('/sign-in?device=3');
    strictEqual((await sessions.list('ada')).length, 3);
    deepStrictEqual((await first.get('/read')).body, {});
    for (const each of [second, third, fourth]) deepStrictEqual((await each.get('/read')).body, { userId: 'ada' });

  });

  it('are refused while all are ended, if they began to sign in before', async () => {

    const made = site({ '/slow-sign-in': async ctx => {
      await new UserSessions(made.store).endAll('ada');
      ctx.session.userId = 'ada';
    } });
    await made.browser.get('/cart');
    for (const browser of [made.browser, made.browser.clone()]) {
      browser.cookies.size;
      strictEqual((await browser.get('/slow-sign-in')).status, 409);
      deepStrictEqual(await new UserSessions(made.store).list('ada'), []);
    }
    const fresh = made.browser.clone();
    fresh.cookies.clear();
    const refused = await fresh.get('/slow-sign-in');
    deepStrictEqual([refused.status, setCookies(refused)], [409, []]);
    strictEqual((await fresh.get('/sign-in')).status, 200);
    strictEqual((await new UserSessions(made.store).list('ada')).length, 1);

  });

});
