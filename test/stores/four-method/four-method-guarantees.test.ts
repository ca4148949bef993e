import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { MemoryStore } from '../../../src/index.js';
import { FourMethodStore } from '../../../src/stores/four-method-store.js';
import { deferred, settled } from '../../support/events.js';
import { MapStore } from '../../support/map-store.js';
import { PAGES } from '../../support/pages.js';
import { type Page, site } from '../../support/site.js';

describe('A store with four methods, within one process', () => {

  it('loses no key to a parallel request', async () => {

    const arrived = deferred();
    const leave = deferred();
    const { browser, store } = site({
      ...PAGES,
      '/slow': async ctx => {
        ctx.session.slow = 1;
        arrived.resolve();
        await leave.promise;
      },
      '/fast': ctx => { ctx.session.fast = 1; },
    }, { store: new MapStore() });
    await browser.get('/create');
    const slow = browser.get('/slow');
    await arrived.promise;
    await browser.get('/fast');
    leave.resolve();
    await slow;
    deepStrictEqual(store.records.get('id-1'), { userId: 5, fast: 1, slow: 1 });

  });

  it('serves two middlewares like one', async () => {

    const store = new MapStore();
    const count: Record<string, Page> = { '/count': async ctx => { await ctx.updateSession(s => { s.n = (s.n ?? 0) + 1; }); } };
    const one = site({ ...PAGES, ...count }, { store });
    const two = site(count, { store });
    await one.browser.get('/create');
    two.browser.cookies.set('CB', 'id-1');
    await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).browser.get('/count')));
    strictEqual(store.records.get('id-1')?.n, 20);

  });

  it('brings no ended session back', async () => {

    const arrived = deferred();
    const leave = deferred();
    const { browser, store } = site({
      ...PAGES,
      '/slow': async ctx => {
        ctx.session.slow = 1;
        arrived.resolve();
        await leave.promise;
      },
    }, { store: new MapStore() });
    await browser.get('/create');
    const slow = browser.clone().get('/slow');
    await arrived.promise;
    await browser.get('/end');
    leave.resolve();
    const response = await slow;
    strictEqual(response.status, 409);
    strictEqual(response.headers.get('Set-Cookie'), null);
    strictEqual(store.records.size, 0);

  });

  it('remembers a moved id, and an ended one, for a while', async () => {

    const { browser, store } = site(PAGES, { store: new MapStore() });
    await browser.get('/create');
    const stale = browser.clone();
    await browser.get('/new-id');
    deepStrictEqual((await stale.get('/read')).body, {});
    strictEqual((await stale.get('/visit')).status, 409);
    strictEqual(store.records.size, 1);
    // A sign-out with the old id ends the session under the new one.
    strictEqual((await stale.get('/end')).status, 200);
    strictEqual(store.records.size, 0);
    strictEqual((await browser.get('/visit')).status, 409);

  });

  it('gets no write of a caller that gave up during the read, or while others had their turn', async t => {

    const inner = new MapStore();
    const store = new FourMethodStore(inner);
    await store.create('A', new Map([['a', '1']]), { lifetime: 60 });
    const { get } = inner;
    const answer = deferred();
    inner.get = async id => {
      await answer.promise;
      return get.call(inner, id);
    };
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const change = { set: new Map([['a', '2']]), unset: [] };
    const terms = { lifetime: 60, patience: 3 };
    const late = [
      store.create('B', new Map([['b', '1']]), terms), store.update('A', change, terms), store.update('A', change, terms), store.move('A', 'C', change, terms),
    ].map(each => rejects(each, { message: 'The caller has given this up: it could undo what came after it' }));
    const inTime = store.update('A', { set: new Map([['c', '3']]), unset: [] }, { lifetime: 60, patience: 60 });
    await settled();
    now += 3001;
    answer.resolve();
    await Promise.all(late);
    strictEqual(await inTime, 'updated');
    deepStrictEqual([...inner.records], [['A', { a: 1, c: 3 }]]);

  });

  it('gets the write of a caller that still waits after its first patience is over', async () => {

    const inner = new MapStore();
    const store = new FourMethodStore(inner);
    const terms = { lifetime: 60, patience: -1, patienceLeft: () => 1 };
    strictEqual(await store.create('A', new Map([['a', '1']]), terms), true);
    strictEqual(await store.update('A', { set: new Map([['a', '2']]), unset: [] }, terms), 'updated');
    strictEqual(await store.move('A', 'B', { set: new Map(), unset: [] }, terms), 'moved');
    deepStrictEqual([...inner.records], [['B', { a: 2 }]]);
    const late = { lifetime: 60, patience: 60, patienceLeft: () => 0 };
    await rejects(store.update('B', { set: new Map([['a', '3']]), unset: [] }, late), /given this up/);
    deepStrictEqual([...inner.records], [['B', { a: 2 }]]);

  });

  it('gets no mark if the delete failed: the session still exists', async () => {

    const { browser, store } = site(PAGES, { store: new MapStore() });
    await browser.get('/create');
    const remove = store.delete;
    store.delete = async () => { throw new Error('read only'); };
    const response = await browser.get('/end');
    strictEqual(response.status, 503);
    strictEqual(response.headers.get('Set-Cookie'), null);
    store.delete = remove;
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
    strictEqual((await browser.get('/end')).status, 200);
    strictEqual(store.records.size, 0);

  });

  it('gets a sign-out only after the answer to a change', async () => {

    const store = new MapStore();
    const adapter = new FourMethodStore(store);
    await adapter.create('A', new Map([['a', '1']]), { lifetime: 100 });
    const hold = deferred();
    const set = store.set.bind(store);
    store.set = async (...args) => {
      await hold.promise;
      await set(...args);
    };
    const change = adapter.update('A', { set: new Map([['b', '2']]), unset: [] }, { lifetime: 100 });
    const end = adapter.end('A');
    await settled();
    hold.resolve();
    strictEqual(await change, 'updated');
    strictEqual(await end, true);
    strictEqual(store.records.size, 0);

  });

  describe('that answers a write after others have waited for 30 seconds', () => {

    /** A store whose next write is executed when the test says so. */
    async function withLateWrite() {

      const inner = new MapStore();
      const store = new FourMethodStore(inner);
      await store.create('A', new Map([['a', '1']]), { lifetime: 1000 });
      const { set } = inner;
      const answer = deferred();
      inner.set = async (...args) => {
        inner.set = set;
        await answer.promise.finally(() => set.apply(inner, args));
      };
      return { inner, store, answer };

    }

    async function pass(seconds: number): Promise<void> {

      for (let step = 0; step < seconds; step++) {
        mock.timers.tick(1000);
        await settled();
      }

    }

    beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'] }));
    afterEach(() => mock.timers.reset());

    const B2 = { set: new Map([['b', '2']]), unset: [] };
    for (const [name, write] of [
      ['touch', store => store.touch('A', 1000)], ['update', store => store.update('A', B2, { lifetime: 1000 })],
      ['set', store => store.set('A', { b: 2 }, Date.now() / 1000 + 1000)],
    ] as Array<[string, (store: FourMethodStore) => Promise<unknown>]>) {

      it(`gets no ended session back by a ${name}`, async () => {

        for (const fails of [false, true]) {
          const { inner, store, answer } = await withLateWrite();
          const late = rejects(write(store), fails ? /no connection/ : /ended before the store answered/);
          const end = store.end('A');
          await pass(31);
          strictEqual(await end, true);
          await pass(60);
          // It may be executed long before its answer.
          inner.records.set('A', { a: 1 });
          strictEqual(await store.load('A'), null);
          strictEqual(await store.update('A', B2, { lifetime: 60 }), 'gone');
          if (fails) answer.reject(new Error('no connection'));
          else answer.resolve();
          await late;
          deepStrictEqual([...inner.records], []);
        }

      });

    }

    it('loses nothing that was stored after a move, and keeps no copy', async () => {

      const { inner, store, answer } = await withLateWrite();
      const late = rejects(store.move('A', 'B', { set: new Map(), unset: [] }, { lifetime: 1000 }), /was not moved/);
      const change = store.update('A', B2, { lifetime: 1000 });
      await pass(31);
      strictEqual(await change, 'updated');
      answer.resolve();
      await late;
      deepStrictEqual([...inner.records], [['A', { a: 1, b: 2 }]]);
      strictEqual((await store.load('A'))?.status, 'live');

    });

  });

  it('creates no session over another or over a mark', async () => {

    const store = new MapStore();
    const adapter = new FourMethodStore(store);
    const A1 = new Map([['a', '1']]);
    strictEqual(await adapter.create('A', A1, { lifetime: 100 }), true);
    strictEqual(await adapter.create('A', new Map([['b', '1']]), { lifetime: 100 }), false);
    deepStrictEqual(store.records.get('A'), { a: 1 });
    await adapter.end('A');
    strictEqual(await adapter.create('A', A1, { lifetime: 100 }), false);
    await adapter.create('B', A1, { lifetime: 100 });
    await adapter.create('C', A1, { lifetime: 100 });
    await rejects(adapter.move('B', 'C', { set: new Map(), unset: [] }, { lifetime: 100 }), /in use/);

  });

  it('is checked for atomic methods at each call, so a MemoryStore with a replaced method keeps its sessions', async () => {

    const { browser, store } = site(PAGES, { store: new MemoryStore() });
    await browser.get('/create');
    const get = store.get.bind(store);
    store.get = id => get(id);
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });

  });

});
