import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, SessionValueError } from '../../../src/index.js';
import { NOW, set, storeAt, texts } from '../../support/memory-store-at.js';

describe('MemoryStore', () => {

  it('keeps values apart from everyone who holds them', async () => {

    const { store } = storeAt();
    const values = { list: [1], deep: { a: 1 } };
    await store.set('A', values, NOW + 10);
    values.list.push(2);
    const held = await store.get('A');
    deepStrictEqual(held, { list: [1], deep: { a: 1 } });
    Object.assign(held as object, { more: 1, list: 2 });
    (held as typeof values).deep.a = 2;
    deepStrictEqual(await store.get('A'), { list: [1], deep: { a: 1 } });

    const loaded = store.load('A');
    ok(loaded?.status === 'live');
    (loaded.texts as Map<string, string>).set('list', '[]');
    const change = { set: texts({ x: 1 }), unset: [] };
    store.update('A', change, { lifetime: 10 });
    change.set.set('y', '1');
    deepStrictEqual(await store.get('A'), { list: [1], deep: { a: 1 }, x: 1 });

    const created = texts({ a: 1 });
    store.create('B', created, { lifetime: 10 });
    created.set('b', '2');
    deepStrictEqual(await store.get('B'), { a: 1 });

  });

  it('refuses what JSON can\'t hold, and keeps what was there', async () => {

    const { store } = storeAt();
    await store.set('A', { a: 1 }, NOW + 10);
    await rejects(store.set('A', { a: { b: 1n } }, NOW + 10), (error: unknown) => {
      ok(error instanceof SessionValueError);
      strictEqual(error.path, 'session.a.b');
      return true;
    });
    deepStrictEqual(await store.get('A'), { a: 1 });

  });

  it('knows no session whose time is over, by any operation, before any clean-up', async () => {

    const operations: Record<string, (store: MemoryStore) => unknown> = {
      get: store => store.get('A'),
      load: store => store.load('A'),
      touch: store => store.touch('A', 100),
      update: store => store.update('A', set({ b: 1 }), { lifetime: 100 }),
      move: store => store.move('A', 'B', set({ b: 1 }), { lifetime: 100 }),
      end: store => store.end('A'),
    };
    for (const [name, operate] of Object.entries(operations)) {
      const living = storeAt();
      living.store.create('A', texts({ a: 1 }), { lifetime: 10 });
      living.clock.now = NOW + 10;
      ok(![null, false, 'gone'].includes(await operate(living.store) as string), `${name} of a live one`);

      const { store, clock } = storeAt();
      store.create('A', texts({ a: 1 }), { lifetime: 10 });
      clock.now = NOW + 11;
      const answer = await operate(store);
      if (name === 'load') deepStrictEqual(answer, { status: 'expired' });
      else ok([null, false, 'gone'].includes(answer as string), name);
      strictEqual(await store.get('A'), null, name);
      strictEqual(await store.get('B'), null, name);
    }

  });

  it('never keeps a session for ever because of a broken expiry', async () => {

    const { store } = storeAt();
    await store.set('A', { a: 1 }, NaN);
    strictEqual(await store.get('A'), null);
    await store.set('A', { a: 1 }, -1);
    strictEqual(await store.get('A'), null);

  });

  it('says how many seconds a session has left, up to the end of its last one', () => {

    const { store, clock } = storeAt();
    store.create('A', texts({ a: 1 }), { lifetime: 100 });
    clock.now += 30.7;
    strictEqual(Math.round((store.load('A') as { remaining: number }).remaining), 71);

  });

  it('refuses options that it does not know, and numbers that can\'t be meant', () => {

    for (const options of [{ maxSession: 5 }, { maxSessions: 1.5 }, { maxSessions: 0 }, { maxSessions: Number.NaN }, { maxSessions: '5' }, { now: 5 }]) {
      throws(() => new MemoryStore(options as never), TypeError, JSON.stringify(options));
    }
    const { store } = storeAt();
    for (const interval of [0, -1, Number.NaN, 'x']) throws(() => store.scheduleGc(interval as number), TypeError, String(interval));
    store.close();

  });

  it('tells its own ids from what can\'t be one', () => {

    const { store } = storeAt();
    ok(store.isSessionId(store.newSessionId()));
    for (const text of ['', ' ', 'a b', 'é', 'a\n', '\x7f', 'x'.repeat(257)]) ok(!store.isSessionId(text), text);

  });

  it('has a row for every id, however odd', async () => {

    const { store } = storeAt();
    const ids = ['', ' ', '\0', "'", '"', ';--', '%', '_', '\\', '\r\n', '{a}', '*', '../x', 'CON', '\ud800', 'é', 'e\u0301', 'A', 'a', 'a ', '__proto__', '0x10', 'x'.repeat(1e6)];
    for (const id of ids) {
      strictEqual(await store.get(id), null);
      await store.delete(id);
    }
    for (const [at, id] of ids.entries()) await store.set(id, { at }, NOW + 10);
    for (const [at, id] of ids.entries()) deepStrictEqual(await store.get(id), { at });
    strictEqual(store.store.size, ids.length);

  });

});
