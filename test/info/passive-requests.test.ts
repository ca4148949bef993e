import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import session, { encrypted, MemoryStore, type SessionInfo, type SessionOptions, type SessionStore, UserSessions } from '../../src/index.js';
import { cached } from '../../src/cache/cached-store.js';
import { type Browser, idOf, setCookies } from '../support/browser.js';
import { MapStore } from '../support/map-store.js';
import { type Page, site as siteOf } from '../support/site.js';

const START = 1_800_000_000;

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => { ctx.session.userId = 'ada'; },
  '/read': ctx => ({ ...ctx.session }),
  '/poll': ctx => ({ ...ctx.session }),
  '/poll/nothing': () => 'nothing',
  '/poll/write': ctx => { ctx.session.polls = (ctx.session.polls ?? 0) + 1; },
  '/poll/save': ctx => ctx.saveSession(),
  '/info': ctx => ctx.sessionInfo,
};

const at = (seconds: number) => mock.timers.setTime((START + seconds) * 1000);
const passive: SessionOptions['passive'] = ctx => ctx.path.startsWith('/poll');

const site = (options: Omit<Partial<SessionOptions>, 'store'> & { store?: SessionStore } = {}) => (
  siteOf<SessionStore>(PAGES, { user: 'userId', expiry: 600, touchInterval: 0, passive, ...options }));

const isAlive = async (browser: Browser) => Object.hasOwn((await browser.get('/read')).body as object, 'userId');

describe('A passive request', () => {

  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: START * 1000 }));
  afterEach(() => mock.timers.reset());

  const stores: Record<string, () => SessionStore> = {
    'in memory': () => new MemoryStore(),
    'encrypted': () => encrypted(new MemoryStore()),
    'cached': () => cached(new MemoryStore(), { maxAge: 1 }),
  };
  for (const [where, open] of Object.entries(stores)) {

    it(`reads the session without prolonging it, ${where}`, async () => {

      for (const touchInterval of [0, 60]) {
        at(0);
        const { browser } = site({ store: open(), touchInterval });
        await browser.get('/sign-in');
        for (let time = 60; time <= 540; time += 60) {
          at(time);
          deepStrictEqual((await browser.get('/poll')).body, { userId: 'ada' });
          for (const path of ['/poll/nothing', '/poll/save']) await browser.get(path);
        }
        at(602 + touchInterval);
        // A POST, which no copy answers.
        deepStrictEqual((await browser.post('/poll')).body, {});
        at(0);
        const active = site({ store: open(), touchInterval, passive: undefined });
        await active.browser.get('/sign-in');
        at(300);
        await active.browser.get('/poll');
        at(602 + touchInterval);
        strictEqual(await isAlive(active.browser), true, 'the same request prolongs it without the option');
      }

    });

  }

  it('writes nothing to a store of four methods', async () => {

    const store = new MapStore();
    const { browser } = site({ store });
    await browser.get('/sign-in');
    store.calls = [];
    at(300);
    await browser.get('/poll');
    deepStrictEqual(store.calls, ['get']);
    await browser.get('/read');
    ok(store.calls.includes('set'));

  });

  it('prolongs the session if it changes it', async () => {

    const { browser } = site();
    await browser.get('/sign-in');
    at(500);
    await browser.get('/poll/write');
    at(1090);
    strictEqual(await isAlive(browser), true);

  });

  it('extends no cookie and gives no new id', async () => {

    const { browser } = site({ cookieOptions: { maxAge: 900 }, renewal: 100, touchInterval: 10 });
    await browser.get('/sign-in');
    const before = idOf(browser);
    at(200);
    deepStrictEqual(setCookies(await browser.get('/poll')), []);
    strictEqual(idOf(browser), before);
    strictEqual(setCookies(await browser.get('/read')).length, 1);

  });

  it('is no use that saves a session from ending at the limit', async () => {

    for (const touchInterval of [0, 60]) {
      at(0);
      const { browser } = site({ maxUserSessions: 2, touchInterval });
      const devices = [browser.clone(), browser.clone(), browser.clone()];
      for (const [index, path] of [[0, '/sign-in'], [1, '/sign-in'], [0, '/poll'], [2, '/sign-in']] as const) {
        at(10 * (index + 1));
        await devices[index].get(path);
      }
      deepStrictEqual(await Promise.all(devices.map(isAlive)), [false, true, true]);
    }

  });

  it('does not change when it was last seen', async () => {

    const store = new MemoryStore();
    const { browser } = site({ store });
    await browser.get('/sign-in');
    at(100);
    await browser.get('/poll');
    const [{ seenAt }] = await new UserSessions(store).list('ada');
    strictEqual(seenAt, START);

  });

  it('can ask how long is left, of an absolute lifetime, too', async () => {

    const { browser } = site({ absoluteExpiry: 400, expiry: 0, touchInterval: 300 });
    await browser.get('/sign-in');
    at(100);
    await browser.get('/poll');
    const info = (await browser.get('/info')).body as unknown as SessionInfo;
    ok(Math.abs(info.expiresAt - START - 300) <= 2, String(info.expiresAt - START));
    strictEqual(info.absoluteExpiresAt, START + 400);

  });

  it('gives a session from before the option user its user all the same', async () => {

    const store = new MemoryStore();
    const before = site({ store, user: undefined });
    await before.browser.get('/sign-in');
    const { browser } = site({ store });
    browser.cookies.set('CB', idOf(before.browser));
    await browser.get('/poll');
    strictEqual((await new UserSessions(store).list('ada')).length, 1);

  });

  it('is kept out of shared caches, as any that depends on the session', async () => {

    const { browser } = site();
    await browser.get('/sign-in');
    const { headers } = await browser.get('/poll');
    deepStrictEqual([headers.get('Vary'), headers.get('Cache-Control')], ['Cookie', 'private']);

  });

  it('is only one for which the function returns true itself', async () => {

    const { browser } = site({ passive: (async () => false) as never });
    await browser.get('/sign-in');
    at(500);
    await browser.get('/poll');
    at(1000);
    strictEqual(await isAlive(browser), true);
    throws(() => session({ store: 'memory', passive: '/poll' as never }), { name: 'TypeError', message: /passive is "\/poll": it must be a function/ });

  });

});
