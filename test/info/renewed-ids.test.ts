import { deepStrictEqual, notStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, afterEach, before, beforeEach, describe, it, mock } from 'node:test';
import session, { encrypted, MemoryStore, type SessionOptions, type SessionStore, UserSessions } from '../../src/index.js';
import { familyOf, renewedId } from '../../src/id/id-family.js';
import type { IndexingSessionStore } from '../../src/base/store.js';
import { newStoredId } from '../../src/id/stored-id.js';
import { altered } from '../support/altered-ids.js';
import { type Browser, idOf, setCookies } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { type Page, site as siteOf } from '../support/site.js';
import { KEEPING_INFO } from '../support/stored-rows/engines.js';
import type { Rows } from '../support/stored-rows/rows.js';

const START = 1_800_000_000;
const RENEWAL = 600;

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => { ctx.session.userId = 'ada'; },
  '/cart': ctx => { ctx.session.cart = 1; },
  '/read': ctx => ({ ...ctx.session }),
  '/why': ctx => ({ why: ctx.sessionEnded }),
  '/note': ctx => { ctx.session.note = 1; },
  '/rotate': ctx => { ctx.sessionId = null; },
  '/prove': ctx => ctx.authenticated(),
  '/sign-out': ctx => { ctx.session = null; },
};

const at = (seconds: number) => mock.timers.setTime((START + seconds) * 1000);

/** A site, and two browsers with one id: the user's own, and a thief's. */
async function stolen(store: SessionStore, options: Partial<SessionOptions> = {}): Promise<{ user: Browser; thief: Browser }> {

  const { browser: user } = siteOf(PAGES, { user: 'userId', renewal: RENEWAL, ...options, store });
  await user.get('/sign-in');
  return { user, thief: user.clone() };

}

interface Suspicion { readonly handle: string; readonly reason: string; readonly cookieName: string }

const suspicions: Suspicion[] = [];
const listener = (event: unknown) => { suspicions.push(event as Suspicion); };

describe('An id that a user\'s session had before a renewal', () => {

  before(() => subscribe('curveball:session:suspicious', listener));
  after(() => unsubscribe('curveball:session:suspicious', listener));
  beforeEach(() => {
    suspicions.length = 0;
    mock.timers.enable({ apis: ['Date'], now: START * 1000 });
  });
  afterEach(() => mock.timers.reset());

  const IN_MEMORY: { readonly [name: string]: () => IndexingSessionStore } = {
    'in memory': () => new MemoryStore(),
    'in memory, encrypted': () => encrypted(new MemoryStore()) as IndexingSessionStore,
  };

  for (const [where, open] of Object.entries(IN_MEMORY)) {

    it(`ends the session by a sign-out, however long ago the renewals were, ${where}`, async () => {

      const store = open();
      const { user, thief } = await stolen(store);
      const first = idOf(user);
      for (let renewals = 1; renewals <= 40; renewals++) {
        at(renewals * (RENEWAL + 1));
        deepStrictEqual((await thief.get('/read')).body, { userId: 'ada' });
      }
      notStrictEqual(idOf(thief), first);
      deepStrictEqual((await user.get('/read')).body, {});
      const answer = await user.get('/sign-out');
      strictEqual(answer.status, 200);
      deepStrictEqual(setCookies(answer).map(cookie => cookie.split(';')[0]), ['CB=']);
      deepStrictEqual(await new UserSessions(store).list('ada'), []);
      deepStrictEqual((await thief.get('/read')).body, {});

    });

    it(`is reported as reused, and opens nothing, ${where}`, async () => {

      const store = open();
      const { user, thief } = await stolen(store);
      const [{ handle = '' } = {}] = await new UserSessions(store).list('ada');
      at(RENEWAL + 1);
      await thief.get('/read');
      // In the seconds after a renewal, requests that were under way arrive with the former id.
      at(RENEWAL + 20);
      await user.get('/read');
      deepStrictEqual(suspicions, [{ handle, reason: 'retired', cookieName: 'CB' }]);
      at(RENEWAL + 60);
      deepStrictEqual((await user.get('/read')).body, {});
      deepStrictEqual(suspicions.slice(1), [{ handle, reason: 'reused', cookieName: 'CB' }]);
      deepStrictEqual((await thief.get('/read')).body, { userId: 'ada' });
      deepStrictEqual((await user.get('/why')).body, { why: 'moved' });

    });

    it(`ends the session at once with endOnReuse, ${where}`, async () => {

      const store = open();
      const revoked: unknown[] = [];
      const onRevoked = (event: unknown) => { revoked.push(event); };
      subscribe('curveball:session:revoked', onRevoked);
      const { user, thief } = await stolen(store, { endOnReuse: true });
      const [{ handle = '' } = {}] = await new UserSessions(store).list('ada');
      at(RENEWAL + 1);
      await thief.get('/read');
      at(RENEWAL + 20);
      await user.get('/read');
      strictEqual((await thief.get('/read')).status, 200);
      deepStrictEqual(revoked, []);
      at(RENEWAL + 60);
      deepStrictEqual((await user.get('/why')).body, { why: 'revoked' });
      deepStrictEqual((await user.get('/read')).body, {});
      deepStrictEqual((await thief.get('/read')).body, {});
      deepStrictEqual(revoked, [{ user: 'ada', handles: [handle], cookieName: 'CB' }]);
      unsubscribe('curveball:session:revoked', onRevoked);

    });

  }

  it('is not taken for stolen in a request that began before the renewal, however long that takes', async () => {

    const late: Record<string, Page> = {
      '/reload': ctx => ctx.reloadSession(),
      '/update': ctx => ctx.updateSession(values => { values.late = 1; }),
    };
    for (const [path, look] of Object.entries(late)) {
      const { browser } = siteOf({
        ...PAGES,
        [path]: async ctx => {
          at(RENEWAL + 1);
          await other.get('/read');
          at(RENEWAL + 60);
          await look(ctx);
        },
      }, { user: 'userId', renewal: RENEWAL, endOnReuse: true });
      at(0);
      await browser.get('/sign-in');
      const other = browser.clone();
      const slow = await browser.get(path);
      deepStrictEqual([path, slow.status, (await other.get('/read')).body, suspicions], [path, 409, { userId: 'ada' }, []]);
    }

  });

  it('lets its visitor begin another session, and sign in', async () => {

    const store = new MemoryStore();
    const { user, thief } = await stolen(store);
    at(RENEWAL + 1);
    await thief.get('/read');
    at(RENEWAL + 60);
    strictEqual((await user.get('/cart')).status, 200);
    deepStrictEqual((await user.get('/read')).body, { cart: 1 });
    strictEqual((await user.get('/sign-in')).status, 200);
    deepStrictEqual((await user.get('/read')).body, { cart: 1, userId: 'ada' });
    strictEqual((await new UserSessions(store).list('ada')).length, 2);

  });

  it('is worthless after a sign-in, a proof or a new id that the handler asked for', async () => {

    for (const path of ['/prove', '/rotate']) {
      const store = new MemoryStore();
      const { user, thief } = await stolen(store);
      at(RENEWAL + 1);
      await thief.get('/read');
      await thief.get(path);
      at(2 * RENEWAL + 100);
      await thief.get('/read');
      at(2 * RENEWAL + 200);
      suspicions.length = 0;
      const answer = await user.get('/sign-out');
      deepStrictEqual(setCookies(answer), [], path);
      deepStrictEqual(suspicions.map(({ reason }) => reason), ['unknown']);
      deepStrictEqual((await thief.get('/read')).body, { userId: 'ada' });
    }
    const { browser } = siteOf(PAGES, { user: 'userId', renewal: RENEWAL, store: new MemoryStore() });
    await browser.get('/cart');
    const planter = browser.clone();
    await browser.get('/sign-in');
    at(4 * RENEWAL);
    await browser.get('/read');
    at(4 * RENEWAL + 60);
    await planter.get('/sign-out');
    deepStrictEqual((await browser.get('/read')).body, { cart: 1, userId: 'ada' });

  });

  it('can\'t be made up from the handle, which is public, or from another session\'s id', async () => {

    const store = new MemoryStore();
    const { user, thief } = await stolen(store, { endOnReuse: true });
    const before = idOf(user);
    at(RENEWAL + 1);
    await thief.get('/read');
    at(RENEWAL + 60);
    const handle = before.slice(0, 16);
    const guesser = user.clone();
    // All but the last letter that the ids of a session have in common.
    const almost = altered(before, 'another letter', 36).slice(0, 37) + newStoredId().slice(37);
    for (const guess of [handle + newStoredId().slice(16), handle + 'A'.repeat(43), almost]) {
      guesser.cookies.set('CB', guess);
      deepStrictEqual(setCookies(await guesser.get('/sign-out')), []);
    }
    deepStrictEqual(suspicions.map(({ reason }) => reason), ['unknown', 'unknown', 'unknown']);
    deepStrictEqual((await thief.get('/read')).body, { userId: 'ada' });

  });

  it('is not recognised by an application with another cookie name on the same store', async () => {

    const store = new MemoryStore();
    const { user, thief } = await stolen(store);
    at(RENEWAL + 1);
    await thief.get('/read');
    at(RENEWAL + 60);
    const { browser: other } = siteOf(PAGES, { user: 'userId', renewal: RENEWAL, cookieName: 'other', store });
    other.cookies.set('other', idOf(user));
    await other.get('/sign-out');
    deepStrictEqual((await thief.get('/read')).body, { userId: 'ada' });

  });

  for (const make of KEEPING_INFO) {

    const engine = make();

    describe(`in ${engine.name}`, () => {

      let rows: Rows;
      before(async () => {
        rows = await engine.open();
      });
      after(() => engine.close?.());

      it('ends the session when its mark is gone', async () => {

        const { user, thief } = await stolen(rows.store);
        at(RENEWAL + 1);
        await thief.get('/read');
        notStrictEqual(idOf(thief), idOf(user));
        await rows.write(idOf(thief), 'former', '');
        deepStrictEqual((await user.get('/read')).body, {});
        deepStrictEqual(suspicions.map(({ reason }) => reason), ['reused']);
        strictEqual(setCookies(await user.get('/sign-out')).length, 1);
        deepStrictEqual((await thief.get('/read')).body, {});
        const { infoByHandle, handleOf } = rows.store as IndexingSessionStore;
        strictEqual(await infoByHandle?.call(rows.store, handleOf.call(rows.store, idOf(thief))), null);

      });

    });

  }

});

describe('The option endOnReuse', () => {

  it('needs renewal, user and a store that finds sessions by their handles', () => {

    const message = 'option endOnReuse needs the options renewal and user, and a store that indexes by user and has infoByHandle()';
    const store = new MemoryStore();
    const wrong: SessionOptions[] = [
      { store, endOnReuse: true, user: 'userId' }, { store, endOnReuse: true, renewal: 9 },
      { store: new MapStore(), endOnReuse: true, user: 'userId', renewal: 9 },
    ];
    for (const options of wrong) throws(() => session(options), { name: 'TypeError', message });
    ok(session({ store, endOnReuse: true, user: 'userId', renewal: 9 }));

  });

});

describe('The ids of a renewed session', () => {

  it('share less than half of their secret, from which no other id follows', () => {

    const id = newStoredId();
    const next = renewedId(id, newStoredId(id));
    strictEqual(next.length, id.length);
    strictEqual(next.slice(0, 37), id.slice(0, 37));
    notStrictEqual(next.slice(37), id.slice(37));
    strictEqual(familyOf(next), familyOf(id));
    notStrictEqual(familyOf(newStoredId(id)), familyOf(id));
    strictEqual(familyOf(id)?.length, 16);

  });

  it('stay as another store has made them', () => {

    strictEqual(renewedId('a'.repeat(43), 'b'.repeat(43)), 'b'.repeat(43));
    strictEqual(renewedId(newStoredId(), 'c'.repeat(59)), 'c'.repeat(59));
    strictEqual(familyOf('a'.repeat(43)), undefined);

  });

});
