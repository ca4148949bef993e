import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type IndexingSessionStore, MemoryStore, UserSessions } from '../../src/index.js';
import type { Browser } from '../support/browser.js';
import { texts } from '../support/memory-store-at.js';
import { type Page, site as siteOf } from '../support/site.js';
import { KEEPING_INFO } from '../support/stored-rows/engines.js';

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => { ctx.session.userId = ctx.query.user; },
  '/read': ctx => ({ ...ctx.session }),
  '/note': ctx => { ctx.session.note = 1; },
};

const ENGINES = [{ name: 'MemoryStore', open: async () => ({ store: new MemoryStore() }), close: () => {} }, ...KEEPING_INFO.map(make => make())];

for (const engine of ENGINES) {

  describe(`A session from before the option user, in ${engine.name}`, () => {

    let store: IndexingSessionStore;
    let users: UserSessions;
    let count = 0;

    before(async () => {
      store = (await engine.open()).store as IndexingSessionStore;
      users = new UserSessions(store);
    });
    after(() => engine.close?.());

    /** A browser with a session of which the store knows only the values. */
    async function visitor(): Promise<{ user: string; browser: Browser }> {

      const user = `ada-${process.pid}-${++count}`;
      const id = await store.newSessionId();
      strictEqual(await store.create(id, texts({ userId: user }), { lifetime: 1000 }), true);
      const { browser } = siteOf(PAGES, { user: 'userId', store });
      browser.cookies.set('CB', id);
      return { user, browser };

    }

    it('is bound to its user by the first request that reads it', async () => {

      const { user, browser } = await visitor();
      deepStrictEqual(await users.list(user), []);
      deepStrictEqual((await browser.get('/read')).body, { userId: user });
      strictEqual((await users.list(user)).length, 1);

    });

    it('ends with its next request if the user\'s sessions were ended before, and the user can sign in again', async () => {

      for (const [path, status] of [['/read', 200], ['/note', 409]] as const) {
        const { user, browser } = await visitor();
        await users.endAll(user);
        strictEqual((await browser.get(path)).status, status);
        deepStrictEqual(await users.list(user), [], path);
        deepStrictEqual((await browser.get('/read')).body, {});
        browser.cookies.clear();
        strictEqual((await browser.get(`/sign-in?user=${user}`)).status, 200);
        strictEqual((await users.list(user)).length, 1);
      }

    });

  });

}
