import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AtomicSessionStore, encrypted, isAtomic, isIndexing, MemoryStore, type SessionStore, type SessionValues, UserSessions, wrapStore,
} from '../../src/index.js';
import { Browser } from '../support/browser.js';
import { InfoStore } from '../support/info-store.js';
import { MapStore } from '../support/map-store.js';
import { KEYED } from '../support/sealed.js';
import { site } from '../support/site.js';
import { TakeStore } from '../support/take-store.js';

const LONG = 600;

/** A wrapper that counts what is loaded. */
function counting<Store extends SessionStore>(store: Store) {

  const loads: string[] = [];
  const wrapper = wrapStore(store, inner => ({
    load(id) {
      loads.push(id);
      return inner.load(id);
    },
  }));
  return { wrapper, loads };

}

/** The members of the contract that a store may lack. */
function abilities(store: SessionStore) {

  const { touchIsFree, keepsInfo } = store as AtomicSessionStore;
  const methods = ['isSessionId', 'handleOf', 'move', 'take', 'sessionsOf', 'endSessionsOf', 'endAllSessions', 'infoByHandle', 'statesOf'];
  return { touchIsFree, keepsInfo, methods: methods.filter(name => typeof store[name as keyof SessionStore] === 'function') };

}

describe('wrapStore()', () => {

  it('calls the replacement, which can call what it replaces', async () => {

    const { wrapper, loads } = counting(new MemoryStore());
    const id = await wrapper.newSessionId();
    strictEqual(await wrapper.create(id, new Map([['a', '1']]), { lifetime: LONG }), true);
    const found = await wrapper.load(id);
    deepStrictEqual(found?.status === 'live' && [...found.texts], [['a', '1']]);
    deepStrictEqual(loads, [id]);

  });

  it('answers without a promise if the inner store does', () => {

    const { wrapper } = counting(new MemoryStore());
    strictEqual(wrapper.load('unknown'), null);
    strictEqual(wrapper.touch('unknown', LONG), false);

  });

  it('can do what the inner store can do', () => {

    for (const store of [new MemoryStore(), new InfoStore(), new TakeStore()]) deepStrictEqual(abilities(counting(store).wrapper), abilities(store));
    deepStrictEqual(abilities(counting(new MapStore()).wrapper), { touchIsFree: true, keepsInfo: true, methods: ['handleOf', 'move'] });
    ok(isIndexing(counting(new MemoryStore()).wrapper));
    ok(!isIndexing(counting(new MapStore()).wrapper));
    ok(isAtomic(counting(new MapStore()).wrapper));

  });

  it('leaves out the replacement of what the inner store lacks', () => {

    const every = (store: SessionStore) => wrapStore(store, () => ({
      move: () => 'gone', take: () => null, sessionsOf: () => [], endSessionsOf: () => [], endAllSessions() {}, infoByHandle: () => null, statesOf: () => [],
      isSessionId: () => true, handleOf: () => 'handle', touchIsFree: true, keepsInfo: true,
    }));
    for (const store of [new MemoryStore(), new TakeStore(), Object.assign(new TakeStore(), { sessionsOf: undefined })]) {
      deepStrictEqual(abilities(every(store)).methods, abilities(store).methods);
    }
    strictEqual(every(new TakeStore()).touchIsFree, undefined);
    strictEqual(every(new MemoryStore()).touchIsFree, true);

  });

  it('passes on what is not in the contract, as a method of the inner store', async () => {

    class Kept extends MemoryStore {
      readonly name = 'kept';
      #opened = 0;
      get opened() {
        return this.#opened;
      }
      get opener() {
        return this.open;
      }
      open(times: number) {
        return this.#opened += times;
      }
      async [Symbol.asyncDispose]() {
        this.close();
      }
    }
    const { wrapper } = counting(new Kept());
    strictEqual(wrapper.open(2), 2);
    strictEqual(wrapper.opener(3), 5);
    strictEqual(wrapper.opened, 5);
    strictEqual(wrapper.name, 'kept');
    const id = await wrapper.newSessionId();
    await wrapper.set(id, { a: 1 }, 4e9);
    strictEqual(wrapper.store.size, 1);
    await wrapper.gc();
    await wrapper[Symbol.asyncDispose]();

  });

  it('can do what the inner store can do, also if that is a Proxy which does not list it', async () => {

    const memory = new MemoryStore();
    const lazy = new Proxy({}, { get: (_, name) => {
      const member: unknown = Reflect.get(memory, name);
      return typeof member === 'function' ? member.bind(memory) : member;
    } }) as MemoryStore;
    for (const store of [counting(lazy).wrapper, encrypted(lazy)]) {
      ok(isIndexing(store));
      const { touchIsFree, keepsInfo, methods } = abilities(store);
      deepStrictEqual({ touchIsFree, keepsInfo, methods }, abilities(memory));
      const { browser } = site({ '/': ctx => { ctx.session.userId = 5; } }, { store, user: 'userId', maxUserSessions: 1 });
      for (const each of [browser, browser.clone()]) strictEqual((await each.get('/')).status, 200);
      strictEqual(await new UserSessions(store).endAll(5), 1);
      await store.gc();
    }

  });

  it('passes on what a later contract adds', async () => {

    const later = Object.assign(new InfoStore(), { exclusive: async (key: string) => `only ${key}` });
    for (const store of [counting(later).wrapper, counting(counting(later).wrapper).wrapper, encrypted(later)]) strictEqual(await store.exclusive('a'), 'only a');

  });

  it('adapts a store with four methods, and passes on what else that has', async () => {

    const done: string[] = [];
    const store = Object.assign(new MapStore(), {
      async setup() {
        done.push(this === store ? 'setup' : 'setup of another');
      },
      // It does not declare to be atomic: these are no methods of the contract.
      end: () => done.push('end'),
      sessionsOf: () => done.push('sessionsOf'),
    });
    const { wrapper, loads } = counting(store);
    await wrapper.setup();
    const id = await wrapper.newSessionId();
    strictEqual(await wrapper.create(id, new Map([['a', '1']]), { lifetime: LONG }), true);
    await wrapper.load(id);
    deepStrictEqual(store.records.get(id), { a: 1 });
    strictEqual(await wrapper.end(id), true);
    strictEqual((wrapper as AtomicSessionStore).sessionsOf === undefined, true);
    deepStrictEqual([done, loads], [['setup'], [id]]);

  });

  it('shares the adapter of a store with four methods with all that use the store', async () => {

    const store = new MapStore();
    const [{ wrapper }, other] = [counting(store), counting(store)];
    const id = await wrapper.newSessionId();
    await wrapper.create(id, new Map([['a', '1']]), { lifetime: LONG });
    await wrapper.end(id);
    deepStrictEqual(await other.wrapper.load(id), { status: 'retired', moved: false });

  });

  it('signs no one out when it is put around a store with four methods that has a cookie of its own', async () => {

    const store = new MapStore();
    const pages = { '/begin': ctx => { ctx.session = { userId: 5 }; }, '/read': ctx => ctx.session } as Parameters<typeof site>[0];
    const { browser } = site(pages, { store, cookieName: 'own' });
    await browser.get('/begin');
    const { app } = site(pages, { store: counting(counting(store).wrapper).wrapper, cookieName: 'own' });
    const later = new Browser(app);
    for (const [name, value] of browser.cookies) later.cookies.set(name, value);
    deepStrictEqual((await later.get('/read')).body, { userId: 5 });

  });

  it('is used by the middleware, and its sessions by UserSessions', async () => {

    for (const wrap of [
      (store: MemoryStore) => counting(store), (store: MemoryStore) => counting(encrypted(store, KEYED)),
      (store: MemoryStore) => ({ wrapper: encrypted(counting(store).wrapper, KEYED), loads: ['any'] }),
    ]) {
      const { wrapper, loads } = wrap(new MemoryStore());
      const { browser } = site({ '/begin': ctx => { ctx.session = { userId: 'ada' }; }, '/read': ctx => ctx.session }, { store: wrapper, user: 'userId' });
      await browser.get('/begin');
      deepStrictEqual((await browser.get('/read')).body, { userId: 'ada' });
      ok(loads.length > 0);
      strictEqual(await new UserSessions(wrapper).endAll('ada'), 1);
      deepStrictEqual((await browser.get('/read')).body, {});
    }

  });

  it('calls a method that a test replaces later, of the wrapper or of the inner store', async () => {

    const inner = new InfoStore();
    const { wrapper } = counting(inner);
    inner.touch = async () => { throw new Error('replaced'); };
    strictEqual(await Promise.resolve(wrapper.touch('a', LONG)).catch(error => error.message), 'replaced');
    wrapper.touch = async () => true;
    strictEqual(await wrapper.touch('a', LONG), true);

  });

  it('refuses what is no store, and a replacement that no one would call', () => {

    throws(() => counting({} as never), { name: 'TypeError', message: /store\.get is undefined/ });
    throws(() => wrapStore(new MemoryStore(), () => ({ laod: () => null }) as object), {
      name: 'TypeError', message: /^replacement laod is unknown: it must be one of get, set, delete, newSessionId, load, /,
    });
    throws(() => wrapStore(new MemoryStore(), () => ({ atomic: false }) as object), { name: 'TypeError', message: /^replacement atomic is unknown/ });

  });

  it('refuses replacements whose methods it would pass over', () => {

    class Sealing {
      #inner = 1;
      load(): null {
        return this.#inner === 1 ? null : null;
      }
    }
    for (const [replacements, message] of [
      [new Sealing(), /^replace returned a Sealing: it must return a plain object of methods$/], [Promise.resolve({ load: () => null }), /^replace returned a Promise: it/],
      [[], /^replace returned an Array: it/], [null, /^replace returned null: it/], [{ load: 5 }, /^replacement load is 5: it must be a function$/],
      [{ keepsInfo: 'yes' }, /^replacement keepsInfo is "yes": it must be true or false$/],
    ] as const) {
      throws(() => wrapStore(new MemoryStore(), () => replacements as object), { name: 'TypeError', message });
    }
    throws(() => wrapStore(new MemoryStore(), {} as never), { name: 'TypeError', message: 'replace is an Object: it must be a function that returns the replacements' });

  });

  it('has the types of the inner store, and of the contract where a replacement may answer otherwise', async () => {

    const memory = wrapStore(new MemoryStore(), () => ({}));
    const id: string = await memory.newSessionId();
    const listed: number = (await memory.sessionsOf('ada')).length;
    strictEqual(memory.store.size + listed, 0);
    // @ts-expect-error it may be a promise
    const sync: boolean = memory.touch(id, LONG);
    strictEqual(sync, false);
    const four = wrapStore(new MapStore(), () => ({}));
    // @ts-expect-error it may not have it
    throws(() => four.sessionsOf('ada'), TypeError);
    const values: SessionValues | null | undefined = await four.get(id);
    strictEqual(values, null);

  });

});
