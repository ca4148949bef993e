import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import session, { encrypted, type IndexingSessionStore, MemoryStore, type SessionStore } from '../../src/index.js';
import { readDetails } from '../../src/info/session-details.js';
import { Browser, setCookies } from '../support/browser.js';
import { settled } from '../support/events.js';
import { MapStore } from '../support/map-store.js';
import { type PageContext, pageOf, site } from '../support/site.js';

/** Actions of a handler, each as often as it likes. */
const STEPS: { readonly [name: string]: (ctx: PageContext) => unknown } = {
  'set': ctx => { ctx.session.isAdmin = true; },
  'delete': ctx => { delete ctx.session.cart; },
  'assign': ctx => { ctx.session = { cart: 1, isAdmin: true }; },
  'new id': ctx => { ctx.sessionId = null; },
  'update': ctx => ctx.updateSession(values => { values.isAdmin = true; }),
  'look': ctx => ctx.updateSession(() => {}),
  'save': ctx => ctx.saveSession(),
  'prove': ctx => ctx.authenticated(),
  'sign in': ctx => { ctx.session.userId = 'ada'; },
  'read': ctx => ctx.session.cart,
};

const NAMES = Object.keys(STEPS);

/** All orders of up to so many steps. */
function orders(most: number): string[][] {

  const all: string[][] = [[]];
  for (const order of all) {
    if (order.length < most) all.push(...NAMES.map(name => [...order, name]));
  }
  return all.slice(1);

}

/** Records what a request changes beside the id. */
function watch(store: IndexingSessionStore | SessionStore) {

  const seen = { changes: 0, moves: 0 };
  const methods = store as unknown as { [name: string]: (...args: unknown[]) => unknown };
  const isChange = (change: unknown) => {
    const { set, unset } = change as { set: ReadonlyMap<string, string>; unset: readonly string[] };
    return set.size > 0 || unset.length > 0;
  };
  const says = (newInfo: unknown) => {
    const { info: { user, details } = { user: null, details: '{}' } } = (newInfo ?? {}) as { info?: { user: string | null; details: string } };
    return user !== null || readDetails(details)?.authenticated !== undefined;
  };
  const wrap = (name: string, look: (args: unknown[]) => void) => {
    const original = methods[name]?.bind(store);
    if (!original) return;
    methods[name] = (...args) => {
      look(args);
      return original(...args);
    };
  };
  wrap('create', () => { seen.changes++; });
  wrap('end', () => { seen.changes++; });
  wrap('update', ([, change]) => { if (isChange(change)) seen.changes++; });
  wrap('move', ([, , change, terms]) => {
    seen.moves++;
    if (isChange(change) || says((terms as { newInfo?: unknown }).newInfo)) seen.changes++;
  });
  return seen;

}

describe('With grace, a former id leads to the session', () => {

  for (const [kind, open] of [
    ['the memory store', () => new MemoryStore()],
    ['an encrypted store', () => encrypted(new MemoryStore())],
  ] as const) {
    it(`only if nothing but the id changed in the whole request, whatever the order of calls: ${kind}`, async () => {

      const followed: string[] = [];
      let refused = 0;
      const store = open() as unknown as SessionStore;
      const seen = watch(store);
      const { app } = site({
        '/begin': ctx => { ctx.session.cart = 1; },
        '/act': async ctx => {
          for (const name of (ctx.query.order as string).split(',')) await STEPS[name](ctx);
        },
        '/look': ctx => ctx.session,
      }, { store, user: 'userId', grace: 30 });
      for (const order of orders(kind === 'the memory store' ? 4 : 3)) {
        const browser = new Browser(app);
        await browser.get('/begin');
        const former = browser.clone();
        Object.assign(seen, { changes: 0, moves: 0 });
        strictEqual((await browser.get(`/act?order=${order}`)).status, 200, order.join(', '));
        const { changes, moves } = seen;
        const hasMoved = browser.cookies.get('CB') !== former.cookies.get('CB');
        const answer = await former.get('/look');
        const what = `${order.join(', ')}: ${JSON.stringify(answer.body)}`;
        if (!hasMoved) continue;
        if (changes > 0) {
          deepStrictEqual([answer.body, setCookies(answer)], [{}, []], what);
          refused++;
        } else if (moves === 1) {
          deepStrictEqual(answer.body, { cart: 1 }, what);
          strictEqual(former.cookies.get('CB'), browser.cookies.get('CB'), what);
          followed.push(order.join(', '));
        }
      }
      ok(followed.includes('new id') && followed.includes('new id, save, look') && followed.includes('read, look, new id'), followed.join('; '));
      ok(refused > 300, `${refused}`);

    });
  }

  it('not if the handler changes it at the same time as it gives the id, or after its answer', async () => {

    for (const act of [
      (ctx: PageContext) => {
        ctx.sessionId = null;
        return Promise.all([ctx.saveSession(), STEPS.update(ctx)]);
      },
      (ctx: PageContext) => {
        const updated = ctx.updateSession(async values => {
          await settled();
          values.isAdmin = true;
        });
        ctx.sessionId = null;
        return Promise.all([ctx.saveSession(), updated]);
      },
    ]) {
      for (const store of [new MemoryStore(), new MapStore()]) {
        const { browser } = site({ '/begin': ctx => { ctx.session.cart = 1; }, '/act': act, '/look': ctx => ctx.session }, { store, grace: 30 } as never);
        await browser.get('/begin');
        const former = browser.clone();
        strictEqual((await browser.get('/act')).status, 200);
        deepStrictEqual((await browser.get('/look')).body, { cart: 1, isAdmin: true });
        const answer = await former.get('/look');
        deepStrictEqual([answer.body, setCookies(answer)], [{}, []]);
      }
    }

  });

  it('not if the session is changed once the middleware has given the id', async () => {

    const app = new Application();
    app.use(async (ctx, next) => {
      await next();
      if (ctx.path !== '/act') return;
      (ctx as PageContext).session.isAdmin = true;
      await ctx.saveSession();
    }, session({ store: 'memory', grace: 30 }), pageOf({
      '/begin': ctx => { ctx.session.cart = 1; }, '/act': ctx => { ctx.sessionId = null; }, '/look': ctx => ctx.session,
    }));
    const browser = new Browser(app);
    await browser.get('/begin');
    const former = browser.clone();
    await browser.get('/act');
    deepStrictEqual((await browser.get('/look')).body, { cart: 1, isAdmin: true });
    deepStrictEqual((await former.get('/look')).body, {});

  });

  it('with the later changes of other requests', async () => {

    const { browser } = site({
      '/begin': ctx => { ctx.session.cart = 1; }, '/new-id': ctx => { ctx.sessionId = null; }, '/add': STEPS.update, '/look': ctx => ctx.session,
    }, { grace: 30 });
    await browser.get('/begin');
    const former = browser.clone();
    await browser.get('/new-id');
    await browser.get('/add');
    deepStrictEqual((await former.get('/look')).body, { cart: 1, isAdmin: true });

  });

});
