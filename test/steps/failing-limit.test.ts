import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore } from '../../src/index.js';
import { type Browser, setCookies } from '../support/browser.js';
import { texts } from '../support/memory-store-at.js';
import { type Page, site } from '../support/site.js';

/*
 * A limit of sessions, and a session from before the sign-in of its user: it may
 * be all that the visitor has, so a fault while the others are counted must not
 * end it.
 */

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => { ctx.session.userId = 'ada'; },
  '/sign-in-by-update': ctx => ctx.updateSession((values: Record<string, unknown>) => { values.userId = 'ada'; }),
  '/cart': ctx => { ctx.session.cart = 1; },
  '/note': ctx => { ctx.session.note = 1; },
  '/read': ctx => ({ ...ctx.session }),
};

type Method = 'sessionsOf' | 'endSessionsOf' | 'create' | 'load' | 'end';

/** Fails as a test says, and lets a sign-in of the same user come later than the one that moves a session. */
class Faulty extends MemoryStore {

  fails: Method | undefined;
  /** How many calls of it succeed before. */
  worksFirst = 0;
  /** Done before and after a session is moved. */
  beforeMove: ((id: string) => void) | undefined;
  afterMove: (() => void) | undefined;

  constructor() {

    super();
    this.close();
    for (const method of ['sessionsOf', 'endSessionsOf', 'create', 'load', 'end'] as const) {
      const carryOut = (MemoryStore.prototype[method] as (...args: unknown[]) => unknown).bind(this);
      Object.assign(this, { [method]: async (...args: unknown[]) => {
        if (this.fails === method && this.worksFirst-- <= 0) throw new Error('away');
        return carryOut(...args);
      } });
    }

  }

  override move(...args: Parameters<MemoryStore['move']>): ReturnType<MemoryStore['move']> {

    const [beforeMove, afterMove] = [this.beforeMove, this.afterMove];
    this.beforeMove = this.afterMove = undefined;
    beforeMove?.(args[0]);
    const answer = super.move(...args);
    afterMove?.();
    return answer;

  }

}

/** Another session of the user, which is behind all others in the order of sign-ins. */
function oneMore(store: MemoryStore): void {

  const created = Date.now() / 1000 + 5;
  const info = { user: 'ada', details: JSON.stringify({ created, renewed: created }) };
  MemoryStore.prototype.create.call(store, store.newSessionId(), texts({ userId: 'ada' }), { lifetime: 60, newInfo: { info } });

}

function world(maxUserSessions = 1) {

  const store = new Faulty();
  return { store, browser: site<MemoryStore>(PAGES, { store, user: 'userId', maxUserSessions }).browser };

}

/** With the session of a user from before the option. */
async function olderVisitor(store: MemoryStore, browser: Browser): Promise<Browser> {

  const visitor = browser.clone();
  visitor.cookies.clear();
  const older = site<MemoryStore>(PAGES, { store }).browser;
  await older.get('/sign-in');
  visitor.cookies.set('CB', older.cookies.get('CB') as string);
  return visitor;

}

describe('A limit of sessions whose store fails', () => {

  it('leaves a user who only reads a page signed in, if the values have named the user all along', async () => {

    for (const method of ['sessionsOf', 'endSessionsOf', 'create', 'end'] as const) {
      const { store, browser } = world();
      await browser.get('/sign-in');
      const visitor = await olderVisitor(store, browser);
      if (method === 'create' || method === 'end') store.afterMove = () => oneMore(store);
      store.fails = method;
      const read = await visitor.get('/read');
      deepStrictEqual([read.status, read.body], [200, { userId: 'ada' }], method);
      store.fails = undefined;
      deepStrictEqual((await visitor.get('/read')).body, { userId: 'ada' }, method);
    }

  });

  it('refuses a sign-in while sessions can\'t be counted, and leaves the session as it was', async () => {

    for (const path of ['/sign-in', '/sign-in-by-update']) {
      const { store, browser } = world();
      await browser.get('/cart');
      store.fails = 'sessionsOf';
      const refused = await browser.get(path);
      deepStrictEqual([refused.status, setCookies(refused)], [503, []], path);
      store.fails = undefined;
      deepStrictEqual((await browser.get('/read')).body, { cart: 1 }, path);
      strictEqual((await browser.get(path)).status, 200);
      deepStrictEqual((await browser.get('/read')).body, { cart: 1, userId: 'ada' });
    }

  });

  it('leaves the visitor\'s session alive if it fails after that has moved; the next sign-in counts again', async () => {

    const faults: Array<[Method, number]> = [['sessionsOf', 1], ['endSessionsOf', 0], ['create', 0], ['load', 1], ['end', 0], ['sessionsOf', 2]];
    for (const path of ['/sign-in', '/sign-in-by-update']) {
      for (const [method, worksFirst] of faults) {
        const name = `${path}: ${method} after ${worksFirst}`;
        const { store, browser } = world();
        const other = browser.clone();
        await other.get('/sign-in');
        await browser.get('/cart');
        if (method !== 'endSessionsOf') store.afterMove = () => oneMore(store);
        Object.assign(store, { fails: method, worksFirst });
        strictEqual((await browser.get(path)).status, 200, name);
        store.fails = undefined;
        deepStrictEqual((await browser.get('/read')).body, { cart: 1, userId: 'ada' }, name);
        const last = other.clone();
        last.cookies.clear();
        strictEqual((await last.get('/sign-in')).status, 200);
        strictEqual(MemoryStore.prototype.sessionsOf.call(store, 'ada').length, 1, name);
      }
    }

  });

});

describe('A session that becomes a user\'s and begins once more, behind another sign-in', () => {

  it('keeps what other requests had saved before it moved', async () => {

    const { store, browser } = world();
    await browser.get('/cart');
    store.beforeMove = id => { MemoryStore.prototype.update.call(store, id, { set: texts({ note: 1 }), unset: [] }, { lifetime: 60 }); };
    store.afterMove = () => oneMore(store);
    strictEqual((await browser.get('/sign-in')).status, 200);
    deepStrictEqual((await browser.get('/read')).body, { cart: 1, note: 1, userId: 'ada' });
    strictEqual(MemoryStore.prototype.sessionsOf.call(store, 'ada').length, 1);

  });

});
