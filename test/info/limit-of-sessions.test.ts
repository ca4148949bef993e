import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { encrypted, type IndexingSessionStore, MemoryStore, type SessionOptions, UserSessions } from '../../src/index.js';
import type { Browser } from '../support/browser.js';
import { type Page, site as siteOf } from '../support/site.js';

/*
 * How `maxUserSessions` works together with other features of sessions.
 */

const START = 1_800_000_000;

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => { ctx.session.userId = 'ada'; },
  '/sign-in-by-update': ctx => ctx.updateSession((values: Record<string, unknown>) => { values.userId = 'ada'; }),
  '/remember': ctx => {
    ctx.session.userId = 'ada';
    ctx.authenticated({ persistent: true, expiry: 10_000 });
  },
  '/prove': ctx => ctx.authenticated(),
  '/cart': ctx => { ctx.session.cart = 1; },
  '/note': ctx => { ctx.session.note = 1; },
  '/read': ctx => ({ ...ctx.session }),
  '/form': ctx => ctx.getCsrf(),
};

const at = (seconds: number) => mock.timers.setTime((START + seconds) * 1000);

const STORES: { readonly [name: string]: () => IndexingSessionStore } = {
  'in memory': () => new MemoryStore(),
  'encrypted': () => encrypted(new MemoryStore(), { keys: [{ id: 'a', secret: 'x'.repeat(32) }] }) as IndexingSessionStore,
};

for (const [where, open] of Object.entries(STORES)) {

  describe(`A limit of sessions, ${where}`, () => {

    beforeEach(() => mock.timers.enable({ apis: ['Date'], now: START * 1000 }));
    afterEach(() => mock.timers.reset());

    function world(options: Partial<SessionOptions> = {}) {

      const store = open();
      const { browser } = siteOf(PAGES, { user: 'userId', maxUserSessions: 2, ...options, store });
      const device = async (path = '/sign-in', seconds?: number): Promise<Browser> => {
        if (seconds !== undefined) at(seconds);
        const made = browser.clone();
        strictEqual((await made.get(path)).status, 200);
        return made;
      };
      const isAlive = async (each: Browser) => Object.hasOwn((await each.get('/read')).body as unknown as object, 'userId');
      const count = async () => (await new UserSessions(store).list('ada')).length;
      return { store, browser, device, isAlive, count };

    }

    it('holds for each way to sign in, and spares the newest', async () => {

      const { device, isAlive, count } = world();
      const devices = [];
      for (const path of ['/sign-in', '/sign-in-by-update', '/remember', '/sign-in-by-update', '/sign-in']) devices.push(await device(path, devices.length + 1));
      strictEqual(await count(), 2);
      deepStrictEqual(await Promise.all(devices.map(isAlive)), [false, false, false, true, true]);

    });

    it('holds if a session with a cart becomes the user\'s', async () => {

      const { browser, device, isAlive, count } = world();
      const first = await device('/sign-in', 1);
      await device('/sign-in', 2);
      at(3);
      const shopper = browser.clone();
      await shopper.get('/cart');
      await shopper.get('/sign-in');
      strictEqual(await count(), 2);
      deepStrictEqual([await isAlive(first), (await shopper.get('/read')).body], [false, { cart: 1, userId: 'ada' }]);

    });

    it('does not count a session twice that gets another id, and does not treat it as a newer one', async () => {

      const { device, isAlive, count } = world({ renewal: 100, grace: 20 });
      const first = await device('/sign-in', 0);
      const second = await device('/sign-in', 10);
      at(120);
      await first.get('/read');
      await second.get('/read');
      at(130);
      await first.get('/prove');
      strictEqual(await count(), 2);
      at(140);
      const third = await device();
      strictEqual(await count(), 2);
      deepStrictEqual(await Promise.all([first, second, third].map(isAlive)), [true, false, true], 'the second was not used for longest');

    });

    it('leaves nothing to the former id of a session that it has ended, not even within grace', async () => {

      const { device, isAlive } = world({ renewal: 100, grace: 60 });
      const first = await device('/sign-in', 0);
      const former = first.clone();
      at(110);
      await first.get('/read');
      await device('/sign-in', 120);
      await device('/sign-in', 130);
      deepStrictEqual([await isAlive(first), await isAlive(former)], [false, false]);
      strictEqual((await former.get('/note')).status, 409);

    });

    it('ends a session that was not used for longer than the touch interval before any that is in use', async () => {

      const { device, isAlive } = world({ touchInterval: 60 });
      const inUse = await device('/sign-in', 0);
      const idle = await device('/sign-in', 30);
      for (let time = 40; time <= 150; time += 10) {
        at(time);
        await inUse.get('/read');
      }
      const third = await device('/sign-in', 155);
      deepStrictEqual(await Promise.all([inUse, idle, third].map(isAlive)), [true, false, true]);

    });

    it('ends the session that was not used for longest, even if the store does not know of the uses since the last touch', async () => {

      for (const usedAt of [[3], [3, 20, 33], [50]]) {
        const { device, isAlive } = world({ touchInterval: 60 });
        const inUse = await device('/sign-in', 0);
        const idle = await device('/sign-in', 2);
        for (const time of usedAt) {
          at(time);
          await inUse.get('/read');
        }
        const third = await device('/sign-in', 55);
        deepStrictEqual(await Promise.all([inUse, idle, third].map(isAlive)), [true, false, true]);
      }

    });

    it('leaves a user who clicks twice, on a first form or with a session, signed in with one session', async () => {

      for (const page of ['/form', '/cart']) {
        for (const maxUserSessions of [1, 2]) {
          const { browser, isAlive, count } = world({ maxUserSessions });
          await browser.get(page);
          const headers = { 'X-CSRF-Token': String((await browser.get('/form')).body) };
          const clicks = [browser.clone(), browser.clone()];
          const answers = await Promise.all(clicks.map(click => click.get('/sign-in', { headers })));
          for (const { status } of answers) ok(status === 200 || status === 409, `${page}: ${status}`);
          strictEqual(await count(), 1, page);
          ok((await Promise.all(clicks.map(isAlive))).includes(true), page);
        }
      }

    });

    it('lets a user in however far the clock was set back since the other sign-ins', async () => {

      const { device, isAlive, count } = world({ maxUserSessions: 1 });
      const first = await device('/sign-in', 5000);
      const second = await device('/sign-in', 0);
      strictEqual(await count(), 1);
      deepStrictEqual(await Promise.all([first, second].map(isAlive)), [false, true]);
      const third = await device('/sign-in', 10);
      deepStrictEqual(await Promise.all([second, third].map(isAlive)), [false, true]);

    });

  });

}
