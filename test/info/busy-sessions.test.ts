import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { MemoryStore, type SessionOptions, type UpdateTerms, UserSessions } from '../../src/index.js';
import type { SessionChange } from '../../src/base/store.js';
import { Browser, setCookies } from '../support/browser.js';
import { type Page, site as siteOf } from '../support/site.js';

/*
 * Sessions that are used, and changed, again and again: periodic work must happen
 * in time all the same.
 */

const START = 1_800_000_000;

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => { ctx.session.userId = 'ada'; },
  '/remember': ctx => {
    ctx.session.userId = 'ada';
    ctx.authenticated({ persistent: true, expiry: Number(ctx.query.expiry) });
  },
  '/read': ctx => ({ ...ctx.session }),
  '/change': ctx => { ctx.session.at = Date.now(); },
  '/update': ctx => ctx.updateSession((values: Record<string, number>) => { values.count = (values.count ?? 0) + 1; }),
  '/save-twice': async ctx => {
    ctx.session.first = Date.now();
    await ctx.saveSession();
    ctx.session.second = Date.now();
  },
};

/** How a session can be used. */
const USES = ['/read', '/change', '/update', '/save-twice'];

/** A browser that forgets a cookie when its `Max-Age` is over. */
class AgeingBrowser extends Browser {

  #endsAt = Infinity;

  override request(...args: Parameters<Browser['request']>) {

    if (Date.now() >= this.#endsAt) this.cookies.clear();
    return super.request(...args);

  }

  override take(line: string): void {

    super.take(line);
    const maxAge = /; Max-Age=(\d+)/.exec(line)?.[1];
    this.#endsAt = maxAge === undefined ? Infinity : Date.now() + Number(maxAge) * 1000;

  }

}

/** A store whose touches cost a round trip, and which records the users whose index entry it was told to renew. */
class RemoteStore extends MemoryStore {

  override readonly touchIsFree = false;
  readonly entered: Array<{ readonly at: number; readonly user: string }> = [];

  override update(id: string, change: SessionChange, terms: UpdateTerms) {
    this.#enter(terms.user);
    return super.update(id, change, terms);
  }

  override touch(id: string, lifetime: number, user?: string) {
    this.#enter(user);
    return super.touch(id, lifetime);
  }

  #enter(user: string | undefined): void {
    if (user !== undefined) this.entered.push({ at: Date.now() / 1000 - START, user });
  }

}

const at = (seconds: number) => mock.timers.setTime((START + seconds) * 1000);

function site(options: Partial<SessionOptions>): { store: RemoteStore; browser: AgeingBrowser } {

  at(0);
  const store = new RemoteStore();
  store.close();
  const { app } = siteOf<MemoryStore>(PAGES, { user: 'userId', ...options, store });
  return { store, browser: new AgeingBrowser(app) };

}

describe('A session that is used again and again', () => {

  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: START * 1000 }));
  afterEach(() => mock.timers.reset());

  it('is not lost by its cookie, whatever maxAge and touchInterval are, as long as requests are less than maxAge apart', async () => {

    for (const use of USES) {
      for (const [maxAge, touchInterval] of [[10], [30], [60], [61], [600], [3600], [60, 60], [60, 1], [600, 600], [90, 0]] as const) {
        const { browser } = site({ expiry: 7200, cookieOptions: { maxAge }, touchInterval });
        await browser.get('/sign-in');
        // At most a second is lost, since this store counts in whole ones.
        for (let time = 0, step = 0; time < 10 * maxAge; step++) {
          time += [maxAge - 1, 1, maxAge / 3, maxAge - 1.5, 0.4][step % 5] as number;
          at(time);
          const { body, status } = await browser.get(use);
          strictEqual(status, 200);
          strictEqual(browser.cookies.size, 1, `${use} with maxAge ${maxAge}, touchInterval ${touchInterval}, after ${time} s`);
          if (use === '/read') strictEqual((body as unknown as { userId: string }).userId, 'ada');
        }
        at(30 * maxAge);
        await browser.get('/read');
        strictEqual(browser.cookies.size, 0, 'it ends with its cookie');
      }
    }

  });

  it('is not lost by its cookie if only this one is remembered', async () => {

    for (const use of USES) {
      for (const expiry of [30, 60, 600]) {
        const { browser } = site({ expiry: 10 });
        await browser.get(`/remember?expiry=${expiry}`);
        for (let time = 0; time < 20 * expiry;) {
          time += expiry - 2;
          at(time);
          strictEqual((await browser.get(use)).status, 200);
          strictEqual(browser.cookies.size, 1, `${use} with ${expiry}, after ${time} s`);
        }
      }
    }

  });

  it('has a cookie that lives for the touch interval longer than the option says, and is sent once in it', async () => {

    for (const use of USES) {
      const { browser } = site({ cookieOptions: { maxAge: 600 } });
      strictEqual(/Max-Age=(\d+)/.exec(String(setCookies(await browser.get('/sign-in'))[0]))?.[1], '660');
      const sentAt: number[] = [];
      for (let time = 10; time <= 600; time += 10) {
        at(time);
        if (setCookies(await browser.get(use)).length > 0) sentAt.push(time);
      }
      const pauses = sentAt.map((time, index) => time - (sentAt[index - 1] ?? 0));
      ok(pauses.length >= 8 && pauses.every(pause => pause >= 60 && pause <= 70), `${use}: ${sentAt}`);
    }

  });

  it('has an entry in its user\'s index that is renewed in each touch interval', async () => {

    for (const use of USES) {
      for (const touchInterval of [0, 1, 60]) {
        const { store, browser } = site({ expiry: 100, touchInterval });
        await browser.get('/sign-in');
        const step = Math.max(1, touchInterval / 4);
        for (let time = step; time <= 40 * step; time += step) {
          at(time);
          await browser.get(use);
        }
        const times = [0, ...store.entered.map(each => each.at)];
        const most = Math.max(...times.map((time, index) => time - (times[index - 1] ?? 0)), 40 * step - (times.at(-1) as number));
        ok(most <= touchInterval + 2 * step + 1, `${use} with touchInterval ${touchInterval}: ${times}`);
        ok(store.entered.every(({ user }) => user === 'ada'));
      }
    }

  });

  it('lives on, and ends at its deadline, also if that is near', async () => {

    for (const use of USES) {
      for (const touchInterval of [0, 60]) {
        const { browser } = site({ expiry: 100, touchInterval, absoluteExpiry: 500 });
        await browser.get('/sign-in');
        for (let time = 20; time < 500; time += 20) {
          at(time);
          await browser.get(use);
        }
        at(499);
        const { userId } = (await browser.get('/read')).body as unknown as { userId?: string };
        strictEqual(userId, 'ada', `${use} with touchInterval ${touchInterval}`);
        at(501);
        deepStrictEqual((await browser.get('/read')).body, {});
      }
    }

  });

  it('is renewed in time, and its former id leads on within grace, also while it is changed', async () => {

    for (const use of USES) {
      const { store, browser } = site({ renewal: 100, grace: 20, cookieOptions: { maxAge: 600 } });
      await browser.get('/sign-in');
      const ids = new Set<string>();
      for (let time = 10; time <= 1000; time += 10) {
        at(time);
        const before = browser.clone();
        strictEqual((await browser.get(use)).status, 200);
        strictEqual((await before.get(use)).status, 200);
        ids.add(browser.cookies.get('CB') as string);
      }
      ok(ids.size >= 9 && ids.size <= 11, `${use}: ${ids.size} ids`);
      strictEqual((await new UserSessions(store).list('ada')).length, 1);
    }

  });

  it('is not signed out later if its user signed in again after all were ended', async () => {

    for (const use of USES) {
      const { store, browser } = site({ expiry: 100 });
      await browser.get('/sign-in');
      await new UserSessions(store).endAll('ada');
      deepStrictEqual((await browser.get('/read')).body, {});
      browser.cookies.clear();
      await browser.get('/sign-in');
      for (let time = 10; time <= 500; time += 10) {
        at(time);
        strictEqual((await browser.get(use)).status, 200);
      }
      strictEqual(((await browser.get('/read')).body as unknown as { userId: string }).userId, 'ada');
    }

  });

});
