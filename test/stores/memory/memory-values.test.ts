import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, SessionValueError } from '../../../src/index.js';
import { NOW, set, storeAt, texts } from '../../support/memory-store-at.js';

describe('MemoryStore', () => {

  it('is not changed by later changes of values that callers hold', async () => {

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

  it('refuses values that JSON can\'t represent, and keeps the former ones', async () => {

    const { store } = storeAt();
    await store.set('A', { a: 1 }, NOW + 10);
    await rejects(store.set('A', { a: { b: 1n } }, NOW + 10), (error: unknown) => {
      ok(error instanceof SessionValueError);
      strictEqual(error.path, 'session.a.b');
      return true;
    });
    deepStrictEqual(await store.get('A'), { a: 1 });

  });

  it('does not know an expired session in any operation, even before the clean-up', async () => {

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

  it('reports how many seconds a session has left, until the end of the last one', () => {

    const { store, clock } = storeAt();
    store.create('A', texts({ a: 1 }), { lifetime: 100 });
    clock.now += 30.7;
    strictEqual(Math.round((store.load('A') as { remaining: number }).remaining), 71);

  });

  it('refuses unknown options, and impossible numbers', () => {

    for (const options of [{ maxSession: 5 }, { maxSessions: 1.5 }, { maxSessions: 0 }, { maxSessions: Number.NaN }, { maxSessions: '5' }, { now: 5 }]) {
      throws(() => new MemoryStore(options as never), TypeError, JSON.stringify(options));
    }
    const { store } = storeAt();
    for (const interval of [0, -1, Number.NaN, 'x']) throws(() => store.scheduleGc(interval as number), TypeError, String(interval));
    store.close();

  });

  it('recognizes its own ids', () => {

    const { store } = storeAt();
    ok(store.isSessionId(store.newSessionId()));
    for (const text of ['', ' ', 'a b', 'é', 'a\n', '\x7f', 'x'.repeat(257)]) ok(!store.isSessionId(text), text);

  });

  it('stores a session under any id, however odd', async () => {

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
