import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { MemoryStore } from '../../src/index.js';
import { runProgram } from '../support/child-process.js';
import { settled } from '../support/events.js';
import { NOW, set, storeAt, texts } from '../support/memory-store-at.js';

describe('MemoryStore, as users of 1.x know it', () => {

  it('treats anything in its map that is not an entry as an unknown session, and removes it', async () => {

    const { store } = storeAt();
    const entries = [null, 5, [], ['x'], [Number.NaN, '\n'], [null, '\n'], [`${NOW + 10}`, '\n'], [NOW - 1, '\n']];
    for (const [index, entry] of entries.entries()) {
      for (const id of [`asked for ${index}`, `left ${index}`]) store.store.set(id, entry as never);
      deepStrictEqual(store.load(`asked for ${index}`), index === entries.length - 1 ? { status: 'expired' } : null);
      strictEqual(await store.get(`asked for ${index}`), null);
    }
    await store.gc();
    strictEqual(store.store.size, 0);
    store.close();

  });

  it('returns what set() stored until it is deleted', async () => {

    const { store } = storeAt();
    await store.set('A', { a: 1 }, NOW + 10);
    deepStrictEqual(await store.get('A'), { a: 1 });
    await store.set('A', { b: 2 }, NOW + 10);
    deepStrictEqual(await store.get('A'), { b: 2 });
    await store.delete('A');
    strictEqual(await store.get('A'), null);
    await store.delete('A');

  });

  it('has in `store` a map from ids to tuples that begin with the expiry', async () => {

    const { store } = storeAt();
    await store.set('A', { a: 1 }, NOW + 10);
    store.create('B', texts({ b: 1 }), { lifetime: 20 });
    ok(store.store instanceof Map);
    strictEqual(store.store.size, 2);
    strictEqual(store.store.get('A')?.[0], NOW + 10);
    const [expire] = store.store.get('B') as Iterable<unknown>;
    strictEqual(expire, NOW + 20);
    deepStrictEqual([...store.store.keys()].sort(), ['A', 'B']);
    // Retired ids are kept elsewhere.
    store.end('A');
    store.move('B', 'C', set({}), { lifetime: 10 });
    deepStrictEqual([...store.store.keys()], ['C']);
    store.store.clear();
    strictEqual(await store.get('C'), null);

  });

  it('makes ids of 59 letters and digits', () => {

    const { store } = storeAt();
    const ids = [store.newSessionId(), store.newSessionId()];
    for (const id of ids) ok(/^[0-9A-Za-z]{59}$/.test(id), id);
    strictEqual(new Set(ids).size, 2);

  });

  it('cleans up at once if there is little to clean', async () => {

    const { store, clock } = storeAt();
    for (const [id, expire] of [['A', NOW + 1], ['B', NOW + 2], ['C', NOW + 3]] as const) await store.set(id, { a: 1 }, expire);
    clock.now = NOW + 2;
    store.gc();
    deepStrictEqual([...store.store.keys()].sort(), ['B', 'C']);
    // A second time before anything else runs.
    clock.now = NOW + 3;
    store.gc();
    deepStrictEqual([...store.store.keys()], ['C']);

  });

  it('cleans up many sessions in steps, between which other work goes on', async () => {

    const { store, clock } = storeAt();
    const many = 100_000;
    for (let i = 0; i < many; i++) store.create(`id${i}`, texts({ a: 1 }), { lifetime: i % 2 ? 10 : 100 });
    clock.now = NOW + 50;
    let steps = 0;
    let done = false;
    const count = () => {
      steps++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await store.gc();
    done = true;
    strictEqual(store.store.size, many / 2);
    ok(steps > 2, `${steps} steps`);

  });

  it('cleans up on schedule until it is closed', async () => {

    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const { store, clock } = storeAt();
      const gc = mock.method(store, 'gc');
      mock.timers.tick(599_999);
      strictEqual(gc.mock.callCount(), 0);
      mock.timers.tick(1);
      strictEqual(gc.mock.callCount(), 1);
      mock.timers.tick(600_000);
      strictEqual(gc.mock.callCount(), 2);

      await settled();
      store.scheduleGc(10);
      store.create('A', texts({ a: 1 }), { lifetime: 5 });
      clock.now += 6;
      mock.timers.tick(10_000);
      strictEqual(gc.mock.callCount(), 3);
      strictEqual(store.store.size, 0);
      mock.timers.tick(10_000);
      strictEqual(gc.mock.callCount(), 4);

      store.close();
      mock.timers.tick(10_000_000);
      strictEqual(gc.mock.callCount(), 4);
    } finally {
      mock.timers.reset();
    }

  });

  it('does not clean up all the time if the interval is longer than a timer can wait', () => {

    const { stderr, stdout } = runProgram(`
      const store = new lib.MemoryStore();
      let count = 0;
      store.gc = async () => { count++; };
      store.scheduleGc(30 * 86_400);
      // Longer than a timer of 1 ms, into which Node.js turns one that is too long.
      setTimeout(() => console.log('cleaned up', count), 20);
    `);
    strictEqual(stdout, 'cleaned up 0\n');
    strictEqual(stderr, '');

  });

  it('does not keep the process alive', () => {

    const { status, signal } = runProgram(`
      let now = 1;
      const store = new lib.MemoryStore({ now: () => now });
      lib.default({ store: 'memory' });
      store.scheduleGc(100);
      for (let i = 0; i < 50_000; i++) store.create('id' + i, new Map([['a', '1']]), 1);
      now = 100;
      store.gc();
    `);
    deepStrictEqual({ status, signal }, { status: 0, signal: null });

  });

  it('refuses wrong options', () => {

    for (const maxSessions of [0, -1, NaN, '5', null, {}]) {
      throws(() => new MemoryStore({ maxSessions } as object), { name: 'TypeError', message: /maxSessions is / });
    }
    for (const now of [5, null, 'x']) {
      throws(() => new MemoryStore({ now } as object), { name: 'TypeError', message: /now is / });
    }

  });

});
