import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import session, { encrypted, MemoryStore, UserSessions } from '../src/index.js';
import { EVERY_STORE } from './support/every-store.js';
import { site } from './support/site.js';
import { newName, warningsOf } from './support/warnings.js';

describe('Two session middlewares on one store', () => {

  it('make one warning if they differ in whose a session is', async () => {

    const store = new MemoryStore();
    const cookieName = newName();
    const warnings = await warningsOf(() => {
      for (const user of ['customerId', 'employeeId', undefined, 'customerId'] as const) session({ store, cookieName, user });
    });
    deepStrictEqual(warnings.map(({ code }) => code), ['SESSION_SHARED_STORE']);
    match(warnings[0]?.message ?? '', /have different options user/);

  });

  it('make no warning if they agree, or have a cookie or a store of their own', async () => {

    const store = encrypted(new MemoryStore());
    const [one, other] = [newName(), newName()];
    deepStrictEqual(await warningsOf(() => {
      // As in an application that is made twice.
      for (let time = 0; time < 2; time++) session({ store, cookieName: one, expiry: 60 + time, user: values => values.userId });
      session({ store, cookieName: other, user: 'employeeId' });
      session({ store: new MemoryStore(), cookieName: one, user: 'employeeId' });
      session({ store: 'memory', cookieName: one, user: 'employeeId' });
    }), []);

  });

});

describe('Two applications, each with a prefix or table of its own', () => {

  for (const [kind, open] of Object.entries(EVERY_STORE)) {

    it(`do not use each other's ids and users: ${kind}`, async t => {

      const openSite = async (name: string) => {
        const { store, close } = await open(name);
        t.after(close);
        return site({ '/sign-in': ctx => { ctx.session.userId = 5; }, '/read': ctx => ctx.session }, { store, user: 'userId' });
      };
      const [shop, office] = [await openSite('shop'), await openSite('office')];
      await shop.browser.get('/sign-in');
      office.browser.cookies.set('CB', shop.browser.cookies.get('CB') as string);
      deepStrictEqual((await office.browser.get('/read')).body, {});
      strictEqual(await new UserSessions(office.store).endAll('5'), 0);
      deepStrictEqual((await shop.browser.get('/read')).body, { userId: 5 });

    });

  }

});
