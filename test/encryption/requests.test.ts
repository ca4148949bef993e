import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encrypted, MemoryStore, type SessionStore, type SessionStoreError } from '../../src/index.js';
import { idOf, setCookies } from '../support/browser.js';
import { deferred } from '../support/events.js';
import { MapStore } from '../support/map-store.js';
import { RecordingStore } from '../support/recording-store.js';
import { KEYED, live, NEW, OLD } from '../support/sealed.js';
import { type Page, site } from '../support/site.js';
import { OneRecordStore } from '../testing/support/one-record-store.js';

const PAGES: Record<string, Page> = {
  '/begin': ctx => { ctx.session = { user: 5 }; },
  '/read': ctx => ctx.session,
  '/ignore': () => {},
  '/visit': ctx => { ctx.session.visits = (ctx.session.visits ?? 0) + 1; },
  '/new-id': ctx => { ctx.sessionId = null; },
  '/count': ctx => ctx.updateSession(session => { session.count = (session.count ?? 0) + 1; }),
  '/end': ctx => { ctx.session = null; },
  ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`/set/${index}`, ctx => { ctx.session[`key${index}`] = index; }] as [string, Page])),
};

const STORES: { readonly [name: string]: () => SessionStore } = {
  'memory': () => new MemoryStore(),
  'four methods': () => new MapStore(),
  'take() in place of move()': () => new OneRecordStore(() => Date.now() / 1000),
};

for (const [name, open] of Object.entries(STORES)) {

  describe(`Requests on an encrypted store (${name})`, () => {

    it('that change twenty keys at once keep all of them', async () => {

      const { browser } = site(PAGES, { store: encrypted(open(), KEYED) });
      await browser.get('/begin');
      await Promise.all(Array.from({ length: 20 }, (_, index) => browser.get(`/set/${index}`)));
      deepStrictEqual((await browser.get('/read')).body, {
        user: 5, ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`key${index}`, index])),
      });

    });

    it('count exactly', async () => {

      const { browser } = site(PAGES, { store: encrypted(open(), KEYED) });
      await browser.get('/begin');
      const answers = await Promise.all(Array.from({ length: 20 }, () => browser.get('/count')));
      deepStrictEqual([...new Set(answers.map(({ status }) => status))], [200]);
      deepStrictEqual((await browser.get('/read')).body, { user: 5, count: 20 });

    });

    it('lose no change to a request that gets a new id: it is moved along, or refused', async () => {

      const { browser } = site(PAGES, { store: encrypted(open(), KEYED) });
      for (let round = 0; round < 20; round++) {
        await browser.get('/end');
        await browser.get('/begin');
        const others = Array.from({ length: 5 }, () => browser.clone());
        const [, ...answers] = await Promise.all([browser.get('/new-id'), ...others.map((other, index) => other.get(`/set/${index}`))]);
        const kept = (await browser.get('/read')).body as Record<string, unknown>;
        answers.forEach(({ status }, index) => {
          ok(status === 200 || status === 409, String(status));
          strictEqual(kept[`key${index}`], status === 200 ? index : undefined);
        });
      }

    });

  });

}

describe('A request on an encrypted store', () => {

  it('needs as many round trips as without encryption, and one more for a new id', async () => {

    const trips = async (wrap: (store: RecordingStore) => SessionStore) => {
      const inner = new RecordingStore();
      const { browser } = site(PAGES, { store: wrap(inner) });
      const taken: Record<string, string[]> = {};
      for (const path of ['/begin', '/read', '/visit', '/count', '/new-id', '/end']) {
        await browser.get(path);
        taken[path] = inner.takeCalls();
      }
      return taken;
    };
    const plain = await trips(store => store);
    deepStrictEqual(plain['/new-id'], ['load', 'move']);
    deepStrictEqual(await trips(store => encrypted(store, KEYED)), { ...plain, '/new-id': ['load', 'load', 'move'] });

  });

  it('stores a key only when its value has changed', async () => {

    const inner = new MapStore();
    const { browser } = site({ ...PAGES, '/same': ctx => { ctx.session.user = 5; } }, { store: encrypted(inner, KEYED) });
    await browser.get('/begin');
    const before = JSON.stringify([...inner.records]);
    await browser.get('/same');
    strictEqual(JSON.stringify([...inner.records]), before);

  });

  it('is answered with 503 if a value can\'t be opened, and the cookie stays', async () => {

    const inner = new MapStore();
    const before = site(PAGES, { store: encrypted(inner, { keys: [OLD] }) });
    await before.browser.get('/begin');
    const { browser, errors } = site(PAGES, { store: encrypted(inner, KEYED) });
    browser.cookies.set('CB', idOf(before.browser));
    for (const path of ['/read', '/visit', '/ignore', '/end']) {
      const response = await browser.get(path);
      strictEqual(response.status, 503, path);
      deepStrictEqual(setCookies(response), []);
      const error = errors.pop() as SessionStoreError;
      // The first is for the visitor, the second for the log.
      strictEqual(error.detail, 'The stored session can\'t be opened');
      ok(/its key "2025" is not among the keys/.test(String(error.cause)));
      ok(!/user/.test(`${error.message} ${error.stack} ${String(error.cause)}`.replaceAll(import.meta.dirname, '')), 'it names no key of a session');
    }
    deepStrictEqual((await before.browser.get('/read')).body, { user: 5 });

  });

  it('is anonymous if the application lets such sessions end', async () => {

    const inner = new MapStore();
    const before = site(PAGES, { store: encrypted(inner, { keys: [OLD] }) });
    await before.browser.get('/begin');
    const store = encrypted(inner, { ...KEYED, unreadable: 'end' });
    const { browser } = site(PAGES, { store });
    browser.cookies.set('CB', idOf(before.browser));
    deepStrictEqual((await browser.get('/read')).body, {});
    strictEqual(inner.records.size, 0);
    await browser.get('/visit');
    deepStrictEqual((await live(store, idOf(browser))).values, { visits: 1 });

  });

  it('goes on through the rotation of a key, deploy by deploy', async () => {

    const inner = new MapStore();
    let id = '';
    for (const keys of [[OLD], [OLD, NEW], [NEW, OLD], [NEW]]) {
      const { browser } = site(PAGES, { store: encrypted(inner, { keys }) });
      browser.cookies.set('CB', id);
      await browser.get(id ? '/visit' : '/begin');
      // Regeneration seals all values anew; else an old one stays until it is changed or its session ends.
      if (keys[0] === NEW && keys.length === 2) await browser.get('/new-id');
      id = idOf(browser);
      ok(id);
    }
    deepStrictEqual((await live(encrypted(inner, KEYED), id)).values, { user: 5, visits: 3 });

  });

  it('brings no session back that has ended, however slow it is', async () => {

    const arrived = deferred();
    const leave = deferred();
    const inner = new MapStore();
    const { browser } = site({ ...PAGES, '/slow': async ctx => {
      ctx.session.slow = 1;
      arrived.resolve();
      await leave.promise;
    } }, { store: encrypted(inner, KEYED) });
    await browser.get('/begin');
    const slow = browser.clone().get('/slow');
    await arrived.promise;
    await browser.get('/end');
    leave.resolve();
    strictEqual((await slow).status, 409);
    strictEqual(inner.records.size, 0);

  });

});
