import { deepStrictEqual, notStrictEqual, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, type SessionOptions, type SessionStore, UserSessions } from '../../src/index.js';
import { migrating, type MigrationOptions } from '../../src/migration/migrating-store.js';
import { Browser, setCookies } from '../support/browser.js';
import { type Page, site as siteOf } from '../support/site.js';
import { TakeStore } from '../support/take-store.js';
import { twoStores } from '../support/two-stores.js';

const PAGES: Record<string, Page> = {
  '/read': ctx => ({ ...ctx.session }),
  '/cart': ctx => { ctx.session.cart = 1; },
  '/count': ctx => ctx.updateSession(values => { values.count = (values.count ?? 0) + 1; }),
  '/sign-in': ctx => { ctx.session.userId = 'ada'; },
  '/sign-out': ctx => { ctx.session = null; },
  '/renew': ctx => { ctx.sessionId = null; },
  '/leave': ctx => { ctx.flash('notice', 'Saved'); },
  '/flashes': async ctx => ({ flashes: await ctx.flashes() }),
  '/info': ctx => ({ handle: ctx.sessionInfo?.handle, metadata: ctx.sessionInfo?.metadata, ends: ctx.sessionInfo?.absoluteExpiresAt ?? null }),
  '/known': ctx => { ctx.authenticated({ metadata: { device: 'phone' } }); ctx.session.userId = 'ada'; },
};

type Options = Omit<Partial<SessionOptions>, 'store'>;

/** One browser, in front of the application at each stage of a move. */
function stages(from: SessionStore, to: SessionStore, options: Options = {}, jar = new Map<string, string>()) {

  const on = (store: SessionStore) => new Browser(siteOf(PAGES, { touchInterval: 3600, ...options, store }).app, jar);
  return { jar, before: on(from), preparing: on(migrating({ from, to, phase: 'prepare' })), moving: on(migrating({ from, to })), after: on(to) };

}

const bodyOf = async (browser: Browser, path: string) => (await browser.get(path)).body;

describe('migrating()', () => {

  it('takes a session over when it is used, with its id and values, and goes on in the new store alone', async () => {

    const { from, to, calls } = twoStores();
    const { jar, before, moving, after } = stages(from, to);
    await before.get('/cart');
    const id = jar.get('CB');
    calls.take();
    deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1 });
    deepStrictEqual(calls.take(), ['to.load', 'from.load', 'to.create', 'from.move', 'to.move', 'to.load', 'from.end']);
    strictEqual(from.store.size, 0);
    strictEqual(jar.get('CB'), id);
    deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1 });
    deepStrictEqual(calls.take(), ['to.load']);
    await moving.get('/count');
    deepStrictEqual(calls.take(), ['to.load', 'to.update']);
    deepStrictEqual(await bodyOf(after, '/read'), { cart: 1, count: 1 });

  });

  it('asks both stores for an unknown id, and none without a cookie', async () => {

    const { from, to, calls } = twoStores();
    const { jar, moving } = stages(from, to);
    await moving.get('/read');
    deepStrictEqual(calls.take(), []);
    jar.set('CB', new MemoryStore().newSessionId());
    await moving.get('/read');
    deepStrictEqual(calls.take(), ['to.load', 'from.load', 'from.load']);

  });

  it('begins sessions in the new store, and in the old one while the move is prepared', async () => {

    const { from, to, calls } = twoStores();
    const { jar, moving, preparing, before } = stages(from, to);
    await moving.get('/cart');
    deepStrictEqual(calls.take(), ['to.create']);
    deepStrictEqual(await bodyOf(preparing, '/read'), { cart: 1 });
    jar.clear();
    await preparing.get('/cart');
    deepStrictEqual(await bodyOf(before, '/read'), { cart: 1 });
    strictEqual(from.store.size, 1);

  });

  it('takes nothing over while the move is prepared: a read asks the old store, and a change both steps of it', async () => {

    const { from, to, calls } = twoStores();
    const { before, preparing } = stages(from, to);
    await before.get('/cart');
    calls.take();
    await preparing.get('/read');
    await preparing.get('/count');
    deepStrictEqual(calls.take(), ['from.load', 'from.load', 'from.update']);
    deepStrictEqual(await bodyOf(before, '/read'), { cart: 1, count: 1 });

  });

  it('uses a session where it is by now, in a process that still prepares the move', async () => {

    const { from, to } = twoStores();
    const { before, preparing, moving } = stages(from, to);
    await before.get('/cart');
    await moving.get('/read');
    await preparing.get('/count');
    deepStrictEqual(await bodyOf(preparing, '/read'), { cart: 1, count: 1 });
    await preparing.get('/renew');
    deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1, count: 1 });
    strictEqual(from.store.size, 0);

  });

  it('ends a session in whichever store it is, and first in the old one', async () => {

    const { from, to, calls } = twoStores();
    for (const [begun, ended] of [['before', 'preparing'], ['before', 'moving'], ['moving', 'preparing'], ['moving', 'moving']] as const) {
      const all = stages(from, to);
      await all[begun].get('/cart');
      const id = all.jar.get('CB') as string;
      await all[ended].get('/sign-out');
      strictEqual(all.jar.size, 0, `${begun}, ${ended}`);
      for (const browser of [all.before, all.preparing, all.moving, all.after]) {
        all.jar.set('CB', id);
        deepStrictEqual(await bodyOf(browser, '/read'), {}, `${begun}, ${ended}`);
      }
    }
    const { moving } = stages(from, to);
    await moving.get('/cart');
    calls.take();
    await moving.get('/sign-out');
    deepStrictEqual(calls.take(), ['to.load', 'from.end', 'from.end', 'to.end', 'to.end']);

  });

  it('ends a session that a copy has left in both stores', async () => {

    const { from, to } = twoStores();
    const { jar, before, moving } = stages(from, to);
    await before.get('/cart');
    const { records: [record] } = await from.recordPage();
    strictEqual(await to.putRecord(record), true);
    const id = jar.get('CB') as string;
    await moving.get('/sign-out');
    deepStrictEqual([from.load(id), to.load(id)].map(found => (found as { status?: string } | null)?.status), ['retired', 'retired']);

  });

  it('keeps user, metadata, deadline and handle, and counts and lists sessions of both stores', async () => {

    const { from, to } = twoStores();
    const options = { user: 'userId', absoluteExpiry: 86_400, maxUserSessions: 2 };
    const { jar, before, moving } = stages(from, to, options);
    const users = new UserSessions(migrating({ from, to }));
    await before.get('/known');
    const info = await bodyOf(before, '/info') as { handle: string };
    const id = jar.get('CB') as string;
    jar.clear();
    await moving.get('/sign-in');
    strictEqual((await users.list('ada')).length, 2);
    const newer = jar.get('CB') as string;
    jar.set('CB', id);
    deepStrictEqual(await bodyOf(moving, '/info'), info);
    const listed = await users.list('ada');
    deepStrictEqual(listed.map(({ handle, metadata }) => [handle, metadata.device]).sort(), [[info.handle, 'phone'], [to.handleOf(newer), undefined]].sort());

    // A third session is one too many, wherever the others are.
    jar.clear();
    await moving.get('/sign-in');
    strictEqual((await users.list('ada')).length, 2);
    strictEqual(await users.end('ada', (await users.list('ada'))[0].handle), true);
    strictEqual((await users.list('ada')).length, 1);

  });

  it('ends the sessions of a user in both stores, and refuses a sign-in that was under way in either', async () => {

    const { from, to } = twoStores();
    const options = { user: 'userId' };
    const { jar, before, moving } = stages(from, to, options);
    const users = new UserSessions(migrating({ from, to }));
    await before.get('/sign-in');
    jar.clear();
    await moving.get('/sign-in');
    strictEqual(await users.endAll('ada'), 2);
    deepStrictEqual(await users.list('ada'), []);
    for (const store of [from, to]) {
      strictEqual(store.create(store.newSessionId(), new Map(), { lifetime: 60, newInfo: { info: { user: 'ada', details: '{}' }, requestAge: 60 } }), 'revoked');
    }
    await users.endEverything();

  });

  it('does not report the takeover of a session as its end', async () => {

    const { from, to } = twoStores();
    const { jar, before, moving } = stages(from, to, { user: 'userId' });
    await before.get('/sign-in');
    const handle = from.handleOf(jar.get('CB') as string);
    const store = migrating({ from, to });
    const stateOf = async () => (await store.statesOf?.([handle]))?.[0]?.status;
    strictEqual(await stateOf(), 'live');
    await moving.get('/read');
    strictEqual(await stateOf(), 'live');
    await moving.get('/sign-out');
    strictEqual(await stateOf(), 'retired');

  });

  it('shows a message that was left in either store, once', async () => {

    const { from, to } = twoStores();
    for (const [left, shown] of [['before', 'moving'], ['moving', 'preparing'], ['preparing', 'moving']] as const) {
      const all = stages(from, to);
      await all[left].get('/leave');
      deepStrictEqual(await bodyOf(all[shown], '/flashes'), { flashes: [{ kind: 'notice', message: 'Saved' }] }, `${left}, ${shown}`);
      deepStrictEqual(await bodyOf(all[shown], '/flashes'), { flashes: [] });
    }

  });

  it('leads a former id to a session that was renewed before it was taken over', async () => {

    const { from, to } = twoStores();
    const { jar, preparing, moving } = stages(from, to, { grace: 30 });
    await preparing.get('/cart');
    const former = jar.get('CB') as string;
    await preparing.get('/renew');
    notStrictEqual(jar.get('CB'), former);
    await moving.get('/read');
    strictEqual(from.store.size, 0);
    jar.set('CB', former);
    deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1 });

  });

  it('ends a session by an id that it had before it was taken over', async () => {

    const { from, to } = twoStores();
    const { jar, preparing, moving } = stages(from, to);
    await preparing.get('/cart');
    const former = jar.get('CB') as string;
    await preparing.get('/renew');
    await moving.get('/read');
    strictEqual(to.store.size, 1);
    jar.set('CB', former);
    await moving.get('/sign-out');
    strictEqual(to.store.size, 0);

  });

  it('goes back: with from and to exchanged, sessions return', async () => {

    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const { jar, before, moving } = stages(from, to);
    const back = stages(to, from, {}, jar);
    await before.get('/cart');
    await moving.get('/count');
    // The mark that the takeover has left does not keep it from being used, but from being moved.
    await back.preparing.get('/count');
    await back.moving.get('/count');
    deepStrictEqual(await bodyOf(moving, '/read'), { cart: 1, count: 3 });

  });

  it('finishes a takeover whose process died after any of its steps', async () => {

    for (const died of ['to.create', 'from.move', 'to.move'] as const) {
      const { from, to } = { from: new MemoryStore(), to: new MemoryStore() };
      const options = { user: 'userId' };
      const { jar, before, moving, preparing } = stages(from, to, options);
      await before.get('/sign-in');
      const dying = siteOf(PAGES, { ...options, store: migrating(dyingAfter(died, from, to)), storeTimeout: 0.05 });
      strictEqual((await new Browser(dying.app, jar).get('/read')).status, 503);
      strictEqual((await new UserSessions(migrating({ from, to })).list('ada')).length, 1, died);
      deepStrictEqual(await bodyOf(preparing, '/read'), { userId: 'ada' }, died);
      deepStrictEqual(await bodyOf(moving, '/read'), { userId: 'ada' }, died);
      strictEqual(to.store.size, 1);
      await moving.get('/sign-out');
      deepStrictEqual([from.store.size, to.store.size], [0, 0], died);
    }

  });

  it('finishes it also when its marks are long forgotten', async () => {

    for (const died of ['to.create', 'from.move', 'to.move'] as const) {
      for (const next of ['moving', 'preparing'] as const) {
        let time = Date.now() / 1000;
        const clock = { now: () => time };
        const { from, to } = { from: new MemoryStore(clock), to: new MemoryStore(clock) };
        const options = { user: 'userId' };
        const { jar, before, ...others } = stages(from, to, options);
        await before.get('/sign-in');
        const dying = siteOf(PAGES, { ...options, store: migrating(dyingAfter(died, from, to)), storeTimeout: 0.05 });
        strictEqual((await new Browser(dying.app, jar).get('/read')).status, 503);
        time += 600;
        deepStrictEqual(await bodyOf(others[next], '/read'), { userId: 'ada' }, `${died}, ${next}`);
      }
    }

  });

  it('fails if either store fails, and signs no one out', async () => {

    for (const name of ['from', 'to'] as const) {
      const stores = { from: new MemoryStore(), to: new MemoryStore() };
      const { jar, before } = stages(stores.from, stores.to);
      await before.get('/cart');
      const failing = { ...stores, [name]: failingStore(stores[name]) };
      const response = await new Browser(siteOf(PAGES, { store: migrating(failing) }).app, jar).get('/read');
      deepStrictEqual([response.status, setCookies(response).length], [503, 0], name);
    }

  });

  it('refuses wrong options', () => {

    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const refused = (options: unknown, message: RegExp) => throws(() => migrating(options as MigrationOptions), { name: 'TypeError', message });
    refused({ from }, /option to: store is undefined/);
    refused({ from, to: from }, /the same store/);
    refused({ from, to, phase: 'done' }, /phase is "done": it must be 'prepare' or 'move'/);
    refused({ from, to, expiry: 0 }, /expiry is 0/);
    refused({ from, to, lifetime: 1 }, /option lifetime is unknown/);
    refused({ from: new TakeStore(), to }, /option from needs a store that has move\(\)/);

  });

});

/** The stores of a process that hangs once a step is done. */
function dyingAfter(step: string, from: MemoryStore, to: MemoryStore): { from: MemoryStore; to: MemoryStore } {

  let isDead = false;
  const until = (name: string, store: MemoryStore): MemoryStore => new Proxy(store, {
    get(_, member) {
      const own: unknown = Reflect.get(store, member, store);
      if (typeof own !== 'function') return own;
      return (...args: unknown[]) => {
        if (isDead) return new Promise(() => {});
        const answer = own.apply(store, args);
        if (step !== `${name}.${String(member)}`) return answer;
        isDead = true;
        return new Promise(() => {});
      };
    },
  });
  return { from: until('from', from), to: until('to', to) };

}

function failingStore(store: MemoryStore): MemoryStore {

  return Object.assign(Object.create(store) as MemoryStore, { load: () => Promise.reject(new Error('the backend is down')) });

}
