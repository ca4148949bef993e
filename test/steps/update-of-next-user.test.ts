import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encrypted, MemoryStore, type SessionStore } from '../../src/index.js';
import type { Browser } from '../support/browser.js';
import { deferred } from '../support/events.js';
import { RecordingStore } from '../support/recording-store.js';
import { type PageContext, site } from '../support/site.js';

/** What other requests of Ada do while the page runs. */
type Others = (path: string) => Promise<unknown>;

const STORES: { readonly [name: string]: () => SessionStore } = {
  'in memory': () => new MemoryStore(),
  'over a wire': () => new RecordingStore(),
  'with encryption': () => encrypted(new MemoryStore()),
};

/** Runs a page on a session of Ada's, and returns what the browser's session holds then. */
async function afterPage(page: (ctx: PageContext, others: Others) => unknown, store: SessionStore = new MemoryStore()) {

  let other: Browser;
  const { browser } = site({
    '/create': ctx => { ctx.session = { user: 'ada', theme: 'dark' }; },
    '/secret': ctx => { ctx.session.secret = 'of Ada'; },
    '/read': ctx => ctx.session,
    '/page': ctx => page(ctx, path => other.get(path)),
  }, { store, user: 'user' });
  await browser.get('/create');
  other = browser.clone();
  strictEqual((await browser.get('/page')).status, 200);
  return (await browser.get('/read')).body;

}

describe('ctx.updateSession() of the next user', () => {

  for (const [name, store] of Object.entries(STORES)) {

    it(`gets nothing that other requests of the former user have added: a store ${name}`, async () => {

      const seen: unknown[] = [];
      const update = (values: Record<string, unknown>) => {
        seen.push({ ...values });
        values.n = 1;
      };
      const bob = { user: 'bob', theme: 'dark' };
      const pages: Array<(ctx: PageContext, others: Others) => unknown> = [
        async (ctx, others) => {
          ctx.session.page = '/page';
          await ctx.saveSession();
          ctx.session = { ...bob };
          await others('/secret');
          await ctx.updateSession(update);
        },
        async (ctx, others) => {
          await others('/secret');
          ctx.session = { ...bob };
          await ctx.reloadSession();
          await ctx.updateSession(update);
        },
        async (ctx, others) => {
          await others('/secret');
          await ctx.exclusive('key', async () => {
            ctx.session = { ...bob };
            await ctx.updateSession(update);
          });
        },
      ];
      for (const page of pages) {
        deepStrictEqual(await afterPage(page, store()), { ...bob, n: 1 });
        deepStrictEqual(seen.splice(0), [bob]);
      }

    });

  }

  it('waits for an update of the former user, and gets nothing of it', async () => {

    const [begun, held] = [deferred(), deferred()];
    const { browser } = site({
      '/create': ctx => { ctx.session = { user: 'ada' }; },
      '/secret': ctx => ctx.updateSession(async values => {
        begun.resolve();
        await held.promise;
        values.secret = 'of Ada';
      }),
      '/read': ctx => ctx.session,
      '/page': async ctx => {
        ctx.session = { user: 'bob' };
        const updated = ctx.updateSession(values => { values.n = 1; });
        held.resolve();
        await updated;
      },
    }, { user: 'user', store: new RecordingStore() });
    await browser.get('/create');
    const theirs = browser.clone().get('/secret');
    await begun.promise;
    strictEqual((await browser.get('/page')).status, 200);
    await theirs;
    deepStrictEqual((await browser.get('/read')).body, { user: 'bob', n: 1 });

  });

  it('gets only what the request has set if the function names the user', async () => {

    const next = await afterPage(async (ctx, others) => {
      ctx.session.page = '/page';
      await ctx.saveSession();
      ctx.session = { user: 'ada', mine: 1 };
      await others('/secret');
      await ctx.updateSession(values => { values.user = 'bob'; });
    });
    deepStrictEqual(next, { user: 'bob', mine: 1 });

  });

  it('starts from the assigned object if no user is in it', async () => {

    const next = await afterPage(async (ctx, others) => {
      await ctx.saveSession();
      ctx.session = { cart: ['tea'] };
      await others('/secret');
      await ctx.reloadSession();
      await ctx.updateSession(values => { values.cart.push('milk'); });
    });
    deepStrictEqual(next, { cart: ['tea', 'milk'] });

  });

});
