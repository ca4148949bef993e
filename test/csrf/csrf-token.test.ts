import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import session from '../../src/index.js';
import { Browser, formsOf, idOf } from '../support/browser.js';
import { PAGES, submit, tokenOf, withForm } from '../support/forms.js';
import { errorsToStatus, pageOf, site } from '../support/site.js';

describe('ctx.getCsrf()', () => {

  it('returns a promise of a token that a later request is accepted with', async () => {

    const { browser, token } = await withForm();
    match(token, /^[\w-]{43}$/);
    strictEqual(await submit(browser, token), 200);

  });

  it('stays the same for as long as the id does, and changes with it', async () => {

    const { browser, token } = await withForm();
    strictEqual(await tokenOf(browser), token);
    await browser.get('/new-id');
    const next = await tokenOf(browser);
    notStrictEqual(next, token);
    strictEqual(await submit(browser, next), 200);
    strictEqual(await submit(browser, token), 403);

  });

  it('does not show the id, and is another one for every session', async () => {

    const { browser, app, token } = await withForm();
    ok(!token.includes(idOf(browser)));
    const other = new Browser(app);
    await other.get('/create');
    notStrictEqual(await tokenOf(other), token);

  });

  it('is the token of the new id when it is asked for after that', async () => {

    const { browser, token } = await withForm();
    const next = await tokenOf(browser, '/new-id-form');
    notStrictEqual(next, token);
    strictEqual(await submit(browser, next), 200);

  });

  it('is the token of the session that the request creates, also when it is asked for twice at once', async () => {

    const { browser } = site({ ...PAGES, '/sign-in': async ctx => {
      ctx.session.userId = 5;
      const [one, two] = await Promise.all([ctx.getCsrf(), ctx.getCsrf()]);
      strictEqual(one, two);
      return one;
    } });
    const token = await tokenOf(browser, '/sign-in');
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
    strictEqual(await submit(browser, token), 200);

  });

  it('is valid also for a visitor who asks for a new id with an id that has ended', async () => {

    const { browser } = await withForm();
    const stale = browser.clone();
    await browser.get('/new-id');
    strictEqual(await submit(stale, await tokenOf(stale, '/new-id-form')), 200);

  });

  it('can be read by an outer middleware, after the session was stored', async () => {

    for (const path of ['/create', '/nothing', '/read', '/end']) {
      const app = new Application();
      app.use(errorsToStatus(), async (ctx, next) => {
        await next();
        ctx.response.body = await ctx.getCsrf();
      }, session({ store: 'memory' }), pageOf({ ...PAGES, '/nothing': () => {} }));
      const browser = new Browser(app);
      const inner = new Application();
      inner.middlewares = [errorsToStatus(), ...app.middlewares.slice(2, 3), pageOf(PAGES)];
      const token = await tokenOf(browser, path);
      strictEqual(formsOf(browser).size, 1, path);
      // In the same browser, as the page with the token is posted.
      const form = new Browser(inner);
      for (const [name, value] of browser.cookies) form.cookies.set(name, value);
      strictEqual(await submit(form, token), 200, path);
    }

  });

});
