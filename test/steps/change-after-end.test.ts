import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SessionEndedError } from '../../src/index.js';
import { setCookies } from '../support/browser.js';
import { type Page, site } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/end': ctx => { ctx.session = null; },
  '/new-id': ctx => { ctx.sessionId = null; },
};

describe('A change that comes too late', () => {

  /** A page that changes its session after another request has ended or moved it. */
  async function late(act: Page, other: string) {

    const there = site({
      ...PAGES,
      '/late': async ctx => {
        await there.browser.clone().get(other);
        return act(ctx);
      },
    });
    await there.browser.get('/create');
    const response = await there.browser.get('/late');
    return { ...there, response };

  }

  const changes: Record<string, Page> = {
    'sets a key': ctx => { ctx.session.more = true; },
    'removes a key': ctx => { delete ctx.session.userId; },
    'asks for a new id': ctx => { ctx.sessionId = null; },
    'fills it anew': ctx => { ctx.session = { userId: 7 }; },
  };
  for (const [name, change] of Object.entries(changes)) {
    for (const other of ['/end', '/new-id']) {
      it(`is answered with 409 and without a cookie: it ${name} after ${other}`, async () => {

        const { response, errors, store } = await late(change, other);
        strictEqual(response.status, 409);
        ok(errors[0] instanceof SessionEndedError);
        deepStrictEqual(setCookies(response), []);
        strictEqual(store.store.size, other === '/end' ? 0 : 1);
        for (const id of store.store.keys()) deepStrictEqual(await store.get(id), { userId: 5 });

      });
    }
  }

  it('does not mask the application\'s own error', async () => {

    const { response } = await late(ctx => {
      ctx.session.more = true;
      throw Object.assign(new Error('teapot'), { httpStatus: 418 });
    }, '/end');
    strictEqual(response.status, 418);
    deepStrictEqual(setCookies(response), []);

  });

  it('does not include a request that only reads', async () => {

    for (const other of ['/end', '/new-id']) {
      const { response } = await late(ctx => ctx.session, other);
      strictEqual(response.status, 200);
      deepStrictEqual(response.body, { userId: 5 });
      deepStrictEqual(setCookies(response), []);
    }

  });

  it('does not include a sign-out: that ends the session where it went', async () => {

    const { response, store } = await late(ctx => { ctx.session = null; }, '/new-id');
    strictEqual(response.status, 200);
    strictEqual(store.store.size, 0);

  });

});
