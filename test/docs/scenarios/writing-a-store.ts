import assert from 'node:assert/strict';
import { type Application, Application as NewApplication } from '@curveball/core';
import type { SessionStore } from '../../../src/index.js';
import { Site } from '../support/browser.js';
import { begin, hold, peek } from '../support/steps.js';
import { passAll } from '../support/store-tests.js';
import type { Scenarios } from './index.js';

export const writingAStore: Scenarios = {

  async 'key-value'({ exported }) {

    const rows = new Map<string, { text: string; secondsToLive: number; end: number }>();
    const store = new exported.KeyValueStore({
      get: async (key: string) => {
        const row = rows.get(key);
        return row && row.end > performance.now() ? row.text : null;
      },
      set: async (key: string, text: string, secondsToLive: number) => {
        assert.ok(secondsToLive > 0, 'databases refuse to set what is over');
        rows.set(key, { text, secondsToLive, end: performance.now() + secondsToLive * 1000 });
      },
      delete: async (key: string) => rows.delete(key),
    });
    await tryOut(store);
    await store.set('x', { a: 1 }, Math.floor(Date.now() / 1000) + 60);
    assert.deepEqual(rows.get('session:x')?.text, '{"a":1}');
    assert.ok([59, 60].includes(rows.get('session:x')?.secondsToLive ?? 0));
    await passAll(() => store, { atomic: false });

  },

  async atomic({ exported }) {

    const store = new exported.TinyStore();
    await tryOut(store);
    await passAll(() => store);

  },

};

/** The promises of `docs/parallel-requests.md` for every store, in one process. */
async function tryOut(store: SessionStore): Promise<void> {

  // The copy of the package that examples use, too.
  const name = '@curveball/session';
  const { default: session } = await import(name);
  const app: Application = new NewApplication();
  app.use(session({ store }), async ctx => {
    if (ctx.path === '/theme') ctx.session.theme = 'dark';
    if (ctx.path === '/language') ctx.session.language = 'nl';
    if (ctx.path === '/count') await ctx.updateSession(session => {
      session.count = (session.count ?? 0) + 1;
    });
    if (ctx.path === '/sign-in') ctx.sessionId = null;
    if (ctx.path === '/sign-out') ctx.session = null;
    ctx.response.body = 'done';
  });
  const site = await Site.open(app);
  try {
    const visitor = site.visitor();
    await begin(app, visitor, { userId: 5 });

    const theme = hold(app, '/theme');
    const late = visitor.get('/theme');
    await theme.arrived;
    await visitor.get('/language');
    theme.release();
    assert.equal((await late).status, 200);
    await Promise.all(Array.from({ length: 20 }, () => visitor.get('/count')));
    const values = { userId: 5, theme: 'dark', language: 'nl', count: 20 };
    assert.deepEqual(await peek(app, visitor), values);

    const old = site.visitor();
    old.cookies.set('CB', visitor.cookies.get('CB') ?? '');
    await visitor.get('/sign-in');
    assert.notEqual(visitor.cookies.get('CB'), old.cookies.get('CB'));
    assert.deepEqual(await peek(app, visitor), values);
    assert.deepEqual(await peek(app, old), {});
    assert.equal((await old.get('/theme')).status, 409);
    assert.equal((await old.get('/sign-out')).status, 200);
    assert.deepEqual(await peek(app, visitor), {}, 'a sign-out with the old cookie signs out');
  } finally {
    site.close();
  }

}
