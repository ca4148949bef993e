import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SessionStore, SessionStoreError, type SessionValues } from '../../src/index.js';
import { FourMethodStore } from '../../src/stores/four-method-store.js';
import { idOf } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { PAGES } from '../support/pages.js';
import { site } from '../support/site.js';

describe('A store with four methods', () => {

  it('gets the arguments of 1.x: the id, the values, and the expiry in Unix seconds', async () => {

    const { browser, store } = site(PAGES, { store: new MapStore(), expiry: 100 });
    const before = Math.floor(Date.now() / 1000);
    await browser.get('/create');
    const id = idOf(browser);
    deepStrictEqual(store.records.get(id), { userId: 5 });
    const expire = store.expires.get(id) as number;
    ok(Number.isInteger(expire) && expire >= before + 100 && expire <= before + 102, `${expire - before}`);
    await browser.get('/end');
    strictEqual(store.records.size, 0);

  });

  it('gets whole seconds in the future, even if the deadline is near', async () => {

    // Like SETEX of Redis.
    class SetExStore extends MapStore {
      override set(id: string, values: SessionValues, expire: number) {
        const ttl = expire - Math.floor(Date.now() / 1000);
        if (!Number.isInteger(ttl) || ttl < 1) throw new Error(`ERR invalid expire time: ${ttl}`);
        return super.set(id, values, expire);
      }
    }
    const { browser, store } = site(PAGES, { store: new SetExStore(), expiry: 3600, user: 'userId', absoluteExpiry: 60 });
    strictEqual((await browser.get('/create')).status, 200);
    for (const page of ['/visit', '/read', '/new-id', '/visit']) strictEqual((await browser.get(page)).status, 200, page);
    const expire = store.expires.get(idOf(browser)) as number;
    ok(expire <= Date.now() / 1000 + 60, 'and not beyond the deadline');

    const adapter = new FourMethodStore(store);
    const change = { set: new Map([['a', '2']]), unset: [] };
    for (const lifetime of [0, 0.001, 0.5, 0.999, 1, 1.5, 59.999]) {
      const ids = [`a${lifetime}`, `b${lifetime}`] as const;
      ok(await adapter.create(ids[0], new Map([['a', '1']]), { lifetime }));
      strictEqual(await adapter.update(ids[0], change, { lifetime }), 'updated');
      ok(await adapter.touch(ids[0], lifetime));
      strictEqual(await adapter.move(...ids, change, { lifetime }), 'moved');
      ok(store.expires.get(ids[1]) as number <= Date.now() / 1000 + Math.max(lifetime, 1));
    }
    await adapter.set('c', { a: 1 }, Date.now() / 1000 + 9.5);

  });

  it('may make ids of any shape', async () => {

    const shapes = ['Zm9v+/YmFy==', 'a b', '😀 smile', '1', 'sess:42', '{"id":1}', 'a;b,c', 'a%20b', 'é', '"q"', "'", '/x?y#z', 'x'.repeat(500)];
    for (const shape of shapes) {
      const store = Object.assign(new MapStore(), { newSessionId: async () => shape });
      const { browser } = site(PAGES, { store });
      strictEqual((await browser.get('/create')).status, 200, shape);
      deepStrictEqual([...store.records.keys()], [shape]);
      deepStrictEqual((await browser.get('/read')).body, { userId: 5 }, shape);
      await browser.get('/end');
      strictEqual(store.records.size, 0, shape);
    }

  });

  it('may not make ids that no cookie could carry', async () => {

    for (const id of [undefined, null, 5, '', 'x'.repeat(513), 'a\0b', '__proto__', '\ud800', '../../x', {}, '😀'.repeat(256)]) {
      const store = Object.assign(new MapStore(), { newSessionId: async () => id as string });
      const { browser, errors } = site(PAGES, { store });
      const long = id === '😀'.repeat(256);
      strictEqual((await browser.get('/create')).status, long ? 200 : 503, String(id));
      if (!long) ok((errors[0] as Error).message.includes('newSessionId()'), String(errors[0]));
      strictEqual(store.records.size, long ? 1 : 0);
    }

  });

  it('may answer at once instead of with a promise', async () => {

    const records = new Map<string, SessionValues>();
    let ids = 0;
    const store: SessionStore = {
      get: id => records.get(id),
      set: (id, values) => { records.set(id, values); },
      delete: id => { records.delete(id); },
      newSessionId: () => `id ${++ids}`,
    };
    const { browser } = site(PAGES, { store });
    await browser.get('/create');
    await browser.get('/visit');
    await browser.get('/new-id');
    deepStrictEqual((await browser.get('/read')).body, { userId: 5, visits: 1 });
    deepStrictEqual([...records.keys()], ['id 2']);
    await browser.get('/end');
    strictEqual(records.size, 0);

  });

  it('may answer null or undefined for an unknown id', async () => {

    for (const nothing of [null, undefined]) {
      const store = Object.assign(new MapStore(), { get: async () => nothing as null });
      const { browser } = site(PAGES, { store });
      browser.cookies.set('CB', 'id-9');
      const response = await browser.get('/read');
      deepStrictEqual(response.body, {});
      strictEqual(response.headers.get('Set-Cookie'), null);
    }

  });

  it('may return an object that it shares: no one changes it', async () => {

    const shared = Object.freeze({ list: Object.freeze([1]) }) as unknown as SessionValues;
    const store = new MapStore();
    store.records.set('A', shared);
    const { browser } = site({
      '/change': ctx => {
        ctx.session.list.push(2);
        ctx.session.more = true;
        return ctx.session;
      },
    }, { store });
    browser.cookies.set('CB', 'A');
    deepStrictEqual((await browser.get('/change')).body, { list: [1, 2], more: true });
    deepStrictEqual(shared, { list: [1] });
    deepStrictEqual(store.records.get('A'), { list: [1, 2], more: true });

  });

  it('may return objects without a prototype, dates and classes of its own', async () => {

    class ObjectId { toJSON() { return 'abc'; } }
    const store = new MapStore();
    store.records.set('A', Object.assign(Object.create(null), { a: 1, at: new Date(0), by: new ObjectId(), nothing: undefined }));
    const { browser } = site({ ...PAGES, '/add': ctx => { ctx.session.b = 2; } }, { store });
    browser.cookies.set('CB', 'A');
    deepStrictEqual((await browser.get('/read')).body, { a: 1, at: '1970-01-01T00:00:00.000Z', by: 'abc' });
    await browser.get('/add');
    // Keys that the request did not change go back as they came.
    ok(store.records.get('A')?.at instanceof Date);
    strictEqual(store.records.get('A')?.b, 2);

  });

  it('has failed if it returns anything but a record', async () => {

    for (const garbage of ['x', 1, true, [], [1], () => {}]) {
      const store = Object.assign(new MapStore(), { get: async () => garbage as never });
      const { browser, errors } = site(PAGES, { store });
      browser.cookies.set('CB', 'A');
      const response = await browser.get('/read');
      strictEqual(response.status, 503, String(garbage));
      ok(errors[0] instanceof SessionStoreError);
      strictEqual(response.headers.get('Set-Cookie'), null);
    }

  });

  it('has failed if it returns values that JSON can\'t represent', async () => {

    const store = new MapStore();
    store.records.set('A', { a: 1n });
    const { browser } = site(PAGES, { store });
    browser.cookies.set('CB', 'A');
    strictEqual((await browser.get('/read')).status, 503);

  });

  it('can store a key __proto__', async () => {

    const { browser, store } = site({
      '/create': ctx => { ctx.session = JSON.parse('{"__proto__":{"admin":true},"a":1}'); },
      '/read': ctx => [ctx.session.admin, Object.keys(ctx.session)],
    }, { store: new MapStore() });
    await browser.get('/create');
    deepStrictEqual(Object.keys(store.records.get('id-1') as object), ['__proto__', 'a']);
    deepStrictEqual((await browser.get('/read')).body, [undefined, ['__proto__', 'a']]);

  });

});
