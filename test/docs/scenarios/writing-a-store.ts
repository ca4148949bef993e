import assert from 'node:assert/strict';
import { type Application, Application as NewApplication } from '@curveball/core';
import type { SessionStore } from '../../../src/index.js';
import { Site } from '../support/browser.js';
import { begin, hold, peek } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const writingAStore: Scenarios = {

  async 'key-value'({ exported }) {

    const rows = new Map<string, { text: string; secondsToLive: number }>();
    const store = new exported.KeyValueStore({
      get: async (key: string) => rows.get(key)?.text ?? null,
      set: async (key: string, text: string, secondsToLive: number) => rows.set(key, { text, secondsToLive }),
      delete: async (key: string) => rows.delete(key),
    });
    await tryOut(store);
    await store.set('x', { a: 1 }, Math.floor(Date.now() / 1000) + 60);
    assert.deepEqual(rows.get('session:x')?.text, '{"a":1}');
    assert.ok([59, 60].includes(rows.get('session:x')?.secondsToLive ?? 0));

  },

  async atomic({ exported }) {

    const store = new exported.TinyStore();
    await tryOut(store);

    const texts = new Map([['a', '1']]);
    const none = { set: new Map(), unset: [] };
    assert.equal(store.create('one', texts, 60), true);
    assert.equal(store.create('one', texts, 60), false);
    const { version, remaining } = store.load('one');
    assert.ok(remaining > 59 && remaining <= 60);
    assert.equal(store.touch('one', 60), true);
    assert.equal(store.load('one').version, version, 'a touch leaves the version alone');
    assert.equal(store.update('one', { set: new Map([['b', '2']]), unset: [] }, 60, version), 'updated');
    assert.equal(store.update('one', none, 60, version), 'conflict');
    assert.equal(store.move('one', 'two', none, 60), 'moved');
    assert.deepEqual(store.load('one'), { status: 'retired', moved: true });
    assert.deepEqual(store.get('two'), { a: 1, b: 2 });
    assert.equal(store.create('one', texts, 60), false, 'a mark is not overwritten');
    assert.equal(store.move('one', 'three', none, 60), 'gone');
    assert.equal(store.update('one', none, 60), 'gone');
    assert.equal(store.touch('one', 60), false);
    assert.equal(store.end('one'), true, 'it ends where it went');
    assert.deepEqual(store.load('two'), { status: 'retired', moved: false });
    assert.equal(store.end('one'), false);
    assert.equal(store.create('four', texts, 60), true);
    assert.equal(store.update('four', { set: new Map(), unset: ['a'] }, 60), 'ended');
    assert.equal(store.create('five', texts, -1), true);
    assert.equal(store.load('five'), null, 'expired is gone');

  },

};

/** What `docs/parallel-requests.md` promises of every store, in one process. */
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
