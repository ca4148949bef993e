import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, type SessionOptions, UserSessions } from '../../src/index.js';
import { type Browser, setCookies } from '../support/browser.js';
import { settled } from '../support/events.js';
import { inFakeTime } from '../support/fake-time.js';
import { type Page, site as siteOf } from '../support/site.js';

/*
 * Sign-ins that a store carries out, and whose answers get lost: no browser has
 * the ids, so the lists of the users' devices must not contain the sessions.
 */

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => { ctx.session.userId = ctx.query.user ?? 'ada'; },
  '/sign-in-by-update': ctx => ctx.updateSession((values: Record<string, unknown>) => { values.userId = 'ada'; }),
  '/cart': ctx => { ctx.session.cart = 1; },
  '/prove': ctx => ctx.authenticated(),
  '/rotate': ctx => { ctx.sessionId = null; },
  '/read': ctx => ({ ...ctx.session }),
};

const METHODS = ['create', 'move', 'sessionsOf', 'endSessionsOf', 'end'] as const;

/** Carries out each call, and loses the answers of one method while a test says so. */
class ForgetfulStore extends MemoryStore {

  silent: typeof METHODS[number] | undefined;
  /** How many calls of it are answered before. */
  answersFirst = 0;

  constructor() {

    super();
    this.close();
    for (const method of METHODS) {
      const carryOut = (MemoryStore.prototype[method] as (...args: unknown[]) => unknown).bind(this);
      Object.assign(this, { [method]: async (...args: unknown[]) => {
        const answer = await carryOut(...args);
        if (this.silent !== method || this.answersFirst-- > 0) return answer;
        // Once: a second attempt is answered.
        this.silent = undefined;
        return new Promise(() => {});
      } });
    }

  }

}

function site(options: Partial<SessionOptions> = {}): { store: ForgetfulStore; browser: Browser; devices: (user?: string) => Promise<number> } {

  const store = new ForgetfulStore();
  const { browser } = siteOf<MemoryStore>(PAGES, { user: 'userId', ...options, store });
  const devices = async (user = 'ada') => {
    await settled();
    return (await new UserSessions(store).list(user)).length;
  };
  return { store, browser, devices };

}

async function fails(browser: Browser, path: string): Promise<void> {

  const answer = await browser.get(path);
  deepStrictEqual([answer.status, setCookies(answer)], [503, []], path);

}

describe('A sign-in whose answer the store never gave', () => {

  it('leaves no unusable device in the list if it was to begin a session', () => inFakeTime(async () => {

    for (const path of ['/sign-in', '/sign-in-by-update']) {
      for (const silent of ['create', 'sessionsOf'] as const) {
        const { store, browser, devices } = site({ maxUserSessions: 3 });
        store.silent = silent;
        await fails(browser, path);
        strictEqual(await devices(), 0, `${path}, ${silent}`);
        strictEqual((await browser.get(path)).status, 200);
        strictEqual(await devices(), 1);
      }
    }

  }));

  it('leaves no unusable device in the list if a session was to become the user\'s', () => inFakeTime(async () => {

    for (const path of ['/sign-in', '/sign-in-by-update']) {
      for (const silent of ['move', 'sessionsOf'] as const) {
        const { store, browser, devices } = site({ maxUserSessions: 3 });
        await browser.get('/cart');
        store.silent = silent;
        await fails(browser, path);
        strictEqual(await devices(), 0, `${path}, ${silent}`);
      }
    }

  }));

  it('leaves no unusable device in the list if another one was to be ended for it', () => inFakeTime(async () => {

    const { store, browser, devices } = site({ maxUserSessions: 1 });
    await browser.get('/sign-in');
    const other = browser.clone();
    other.cookies.clear();
    store.silent = 'endSessionsOf';
    await fails(other, '/sign-in');
    strictEqual(await devices(), 0);

  }));

  it('leaves the former user signed in, and no other one', () => inFakeTime(async () => {

    for (const silent of ['create', 'sessionsOf'] as const) {
      const { store, browser, devices } = site({ maxUserSessions: 3 });
      await browser.get('/sign-in');
      store.silent = silent;
      await fails(browser, '/sign-in?user=bob');
      deepStrictEqual([await devices(), await devices('bob')], [1, 0], silent);
      deepStrictEqual((await browser.get('/read')).body, { userId: 'ada' });
    }
    const { store, browser, devices } = site();
    await browser.get('/sign-in');
    store.silent = 'end';
    await fails(browser, '/sign-in?user=bob');
    strictEqual(await devices('bob'), 0);

  }));

  it('leaves no unusable device in the list if the user only got another id, unless grace leads there', () => inFakeTime(async () => {

    const { store, browser, devices } = site();
    await browser.get('/sign-in');
    store.silent = 'move';
    await fails(browser, '/prove');
    strictEqual(await devices(), 0);
    const graceful = site({ grace: 20 });
    await graceful.browser.get('/sign-in');
    graceful.store.silent = 'move';
    await fails(graceful.browser, '/rotate');
    strictEqual(await graceful.devices(), 1);
    deepStrictEqual((await graceful.browser.get('/read')).body, { userId: 'ada' });

  }));

  it('is begun anew by a handler that tries again', () => inFakeTime(async () => {

    const pages: Record<string, Page> = {
      ...PAGES,
      '/try-twice': async ctx => {
        ctx.session.userId = 'ada';
        await ctx.saveSession().catch(() => {});
        await ctx.saveSession();
      },
    };
    for (const silent of ['create', 'sessionsOf'] as const) {
      const store = new ForgetfulStore();
      store.silent = silent;
      const { browser } = siteOf<MemoryStore>(pages, { user: 'userId', maxUserSessions: 3, store });
      strictEqual((await browser.get('/try-twice')).status, 200, silent);
      deepStrictEqual((await browser.get('/read')).body, { userId: 'ada' }, silent);
    }

  }));

});
