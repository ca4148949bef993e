import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { cached } from '../../src/cache/cached-store.js';
import { encrypted, MemoryStore, type SessionStore, SessionValueError } from '../../src/index.js';
import { OTHER_RECORD } from '../../src/values/other-record.js';
import { Browser, setCookies } from '../support/browser.js';
import { storesOf } from '../support/every-store.js';
import { MapStore } from '../support/map-store.js';
import { type Page, site } from '../support/site.js';
import { TakeStore } from '../support/take-store.js';

/*
 * Sessions and messages share a store, and a client can send any id in any cookie:
 * the id of one kind must be worth nothing as the other.
 */

const PAGES: Record<string, Page> = {
  '/leave': ctx => ctx.flash('userId', 'ada'),
  '/show': async ctx => (await ctx.flashes()).map(({ message }) => message),
  '/read': ctx => ({ ...ctx.session }),
  '/id': ctx => String(ctx.sessionId),
  '/change': ctx => {
    ctx.session.changed = true;
  },
  '/count': ctx => ctx.updateSession(session => {
    session.count = 1;
  }),
  '/rotate': ctx => {
    ctx.sessionId = null;
  },
  '/end': ctx => {
    ctx.session = null;
  },
  '/sign-in': ctx => {
    ctx.session = { userId: 'ada', kept: 'yes' };
  },
};

const NAME = 'CB-flash-Abcdefgh';

const flashIn = (browser: Browser) => [...browser.cookies].find(([name]) => name.startsWith('CB-flash-')) as [string, string];

const STORES: Record<string, () => SessionStore | Promise<SessionStore>> = {
  ...storesOf('flash_ids'),
  'a store with take': () => new TakeStore(),
  'a cache': () => cached(new MemoryStore()),
  'an encrypted store of four methods': () => encrypted(new MapStore()),
};

for (const [name, open] of Object.entries(STORES)) {

  describe(`On ${name}`, () => {

    it('the id of a message opens no session, and nothing that is sent with it spoils the message', async t => {

      const store = await open();
      t.after(() => (store as { close?(): unknown }).close?.());
      const { browser } = site(PAGES, { store });
      await browser.get('/leave');
      const [, id] = flashIn(browser);
      const thief = new Browser(browser.app);
      for (const path of ['/read', '/id', '/change', '/count', '/rotate', '/sign-in', '/read']) {
        thief.cookies.clear();
        thief.cookies.set('CB', id);
        const response = await thief.get(path);
        assert.equal(response.status, 200);
        assert.notEqual(thief.cookies.get('CB') === id && setCookies(response).length > 0, true);
        if (path === '/read') assert.deepEqual(response.body, {});
        if (path === '/id') assert.equal(response.body, 'null');
      }
      thief.cookies.set('CB', id);
      assert.equal((await thief.get('/end')).status, 200);
      assert.deepEqual((await browser.get('/show')).body, ['ada']);

    });

    it('the id of a session shows no message, and the session is not ended', async t => {

      const store = await open();
      t.after(() => (store as { close?(): unknown }).close?.());
      const { browser } = site(PAGES, { store });
      await browser.get('/sign-in');
      const thief = new Browser(browser.app);
      thief.cookies.set(NAME, browser.cookies.get('CB') as string);
      assert.deepEqual((await thief.get('/show')).body, []);
      assert.equal(thief.cookies.has(NAME), false);
      assert.deepEqual((await browser.get('/read')).body, { userId: 'ada', kept: 'yes' });
      // Moved and ended ids lead nowhere, either.
      thief.cookies.set(NAME, browser.cookies.get('CB') as string);
      await browser.get('/rotate');
      assert.deepEqual((await thief.get('/show')).body, []);
      assert.deepEqual((await browser.get('/read')).body, { userId: 'ada', kept: 'yes' });

    });

  });

}

describe('A record of messages', () => {

  it('is no session with a schema, either, whatever the schema says of it', async () => {

    for (const mismatch of ['error', 'drop', 'keep'] as const) {
      const { browser } = site(PAGES, { schema: z.strictObject({ userId: z.string().optional(), kept: z.string() }), schemaOptions: { mismatch } });
      await browser.get('/leave');
      const thief = new Browser(browser.app);
      thief.cookies.set('CB', flashIn(browser)[1]);
      const response = await thief.get('/read');
      assert.deepEqual([response.status, response.body], [200, {}]);
      assert.deepEqual((await browser.get('/show')).body, ['ada']);
    }

  });

  it('can\'t be made of a session: the name of its key is reserved', async () => {

    const { browser, errors } = site({
      '/set': ctx => {
        ctx.session[OTHER_RECORD] = ['CB', null, [['notice', '"planted"']]];
      },
      '/update': ctx => ctx.updateSession(session => {
        session[OTHER_RECORD] = 1;
      }),
    });
    for (const path of ['/set', '/update']) assert.equal((await browser.get(path)).status, 500);
    assert.ok(errors.every(error => error instanceof SessionValueError));

  });

  it('is not shown by another application on the same store', async () => {

    const store = new MemoryStore();
    const one = site(PAGES, { store, user: 'userId' });
    const other = site(PAGES, { store, user: 'userId', cookieName: 'other' });
    await one.browser.get('/leave');
    other.browser.cookies.set('other-flash-Abcdefgh', flashIn(one.browser)[1]);
    assert.deepEqual((await other.browser.get('/show')).body, []);
    assert.deepEqual((await one.browser.get('/show')).body, ['ada']);

  });

  it('that was planted in the store shows nothing and fails nothing', async () => {

    const rows = ['', '1', 'null', '[]', '{', '["CB"]', '["CB",null]', '["CB",1,[]]', '["CB",null,[1]]', '["CB",null,[["a"]]]', '["CB",null,[["a","{"]]]', '{"__proto__":1}'];
    for (const row of rows) {
      const store = new MemoryStore();
      const { browser } = site(PAGES, { store });
      const id = store.newSessionId();
      store.create(id, new Map([[OTHER_RECORD, row]]), { lifetime: 100 });
      browser.cookies.set(NAME, id);
      const response = await browser.get('/show');
      assert.deepEqual([response.status, response.body, browser.cookies.has(NAME)], [200, [], false], row);
    }

  });

});

describe('Hostile cookies', () => {

  it('by the thousand cost 8 looks, and a response of bounded length', async () => {

    const store = new MemoryStore();
    let loads = 0;
    const load = store.load.bind(store);
    store.load = id => {
      loads++;
      return load(id);
    };
    const { browser } = site(PAGES, { store });
    const names = Array.from({ length: 1000 }, (_, each) => `CB-flash-${String(each).padStart(8, 'A')}`);
    for (const name of names) browser.cookies.set(name, store.newSessionId());
    const response = await browser.get('/show');
    assert.deepEqual([response.status, loads, setCookies(response).length], [200, 8, 8]);
    assert.ok(setCookies(await browser.get('/leave')).length < 20);

  });

  it('with other names and texts are not looked up, and not repeated', async () => {

    const store = new MemoryStore();
    store.load = () => assert.fail('looked up');
    const { browser } = site(PAGES, { store });
    const id = store.newSessionId();
    const header = [
      `CB-flash-short=${id}`, `CB-flash-Abcdefg%0d=${id}`, `CB-flash-Abcdefghi=${id}`, `cb-flash-Abcdefgh=${id}`, `CB-flashAbcdefgh=${id}`,
      'CB-flash-Abcdefgh=', 'CB-flash-Abcdefgh=__proto__', 'CB-flash-Abcdefgh=%', `CB-flash-Abcdefgh="${id}"`, `CB-flash-Abcdefgh=%41${id.slice(1)}`,
    ].join('; ');
    const response = await browser.get('/show', { headers: { Cookie: header } });
    assert.deepEqual([response.status, response.body, setCookies(response)], [200, [], []]);

  });

});
