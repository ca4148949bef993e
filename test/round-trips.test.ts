import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Browser, idOf, setCookies } from './support/browser.js';
import { RecordingStore } from './support/recording-store.js';
import { type Page, site } from './support/site.js';

const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/read': ctx => ctx.session,
  '/nothing': () => 'nothing',
  '/look': ctx => [ctx.session, ctx.sessionId],
  '/add': ctx => { ctx.session.n = (ctx.session.n ?? 0) + 1; },
  '/same': ctx => { ctx.session.userId = 5; },
  '/end': ctx => { ctx.session = null; },
  '/remove-last': ctx => { ctx.session = {}; },
  '/new-id': ctx => { ctx.sessionId = null; },
  '/count': ctx => ctx.updateSession(values => { values.n = (values.n ?? 0) + 1; }),
  '/update-nothing': ctx => ctx.updateSession(() => {}),
  '/save-often': async ctx => {
    ctx.session.n = 1;
    await ctx.saveSession();
    await ctx.saveSession();
  },
  '/token': ctx => ctx.getCsrf(),
};

const START = 1_800_000_000;

async function signedIn(options: Parameters<typeof site>[1] = {}) {

  const clock = { now: START };
  const store = new RecordingStore({ now: () => clock.now });
  const there = site(PAGES, { expiry: 100, ...options, store });
  await there.browser.get('/create');
  return { ...there, store, clock };

}

describe('The round trips to the store', () => {

  it('are none, with no random byte and no header, for a visitor who leaves the session alone', async () => {

    const { app, store } = await signedIn();
    store.takeCalls();
    store.idsMade = 0;
    const response = await new Browser(app).get('/nothing');
    deepStrictEqual(store.takeCalls(), []);
    strictEqual(store.idsMade, 0);
    for (const header of ['Set-Cookie', 'Vary', 'Cache-Control']) strictEqual(response.headers.get(header), null);
    await new Browser(app).get('/look');
    await new Browser(app).get('/end');
    deepStrictEqual(store.takeCalls(), []);
    strictEqual(store.idsMade, 0);

  });

  const expected: Record<string, string[]> = {
    '/nothing': ['load'],
    '/read': ['load'],
    '/same': ['load'],
    '/token': ['load'],
    // It returns the session as it is by then.
    '/update-nothing': ['load', 'load'],
    '/add': ['load', 'update'],
    '/count': ['load', 'update'],
    '/save-often': ['load', 'update'],
    '/new-id': ['load', 'move'],
    '/end': ['load', 'end'],
    '/remove-last': ['load', 'end'],
  };
  for (const [path, calls] of Object.entries(expected)) {
    it(`are ${calls.length} for ${path}: ${calls.join(', ')}`, async () => {

      const { browser, store } = await signedIn();
      deepStrictEqual(store.takeCalls(), ['create']);
      strictEqual((await browser.get(path)).status, 200);
      deepStrictEqual(store.takeCalls(), calls);

    });
  }

  it('are three for a new id if the store changes one record at a time', async () => {

    const store = new RecordingStore();
    const { browser } = site(PAGES, { store: Object.assign(store, {
      move: undefined,
      async take(id: string) {
        store.calls.push('take');
        const found = store.memory.load(id);
        store.memory.end(id);
        return found?.status === 'live' ? found.texts : null;
      },
    }) as never });
    await browser.get('/create');
    store.takeCalls();
    await browser.get('/new-id');
    deepStrictEqual(store.takeCalls(), ['load', 'create', 'take']);
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });

  });

  it('are none for text that can\'t be an id', async () => {

    const { app, store } = await signedIn();
    store.takeCalls();
    for (const value of ['', '"x"', 'a b', '%00', '%41', 'x'.repeat(10_000), 'é', '%C3%A9', '%20']) {
      await new Browser(app).get('/read', { headers: { Cookie: `CB=${value}` } });
    }
    deepStrictEqual(store.takeCalls(), []);
    await new Browser(app).get('/read', { headers: { Cookie: Array.from({ length: 1000 }, (_, i) => `CB=id${i}`).join(';') } });
    deepStrictEqual(store.takeCalls(), ['load', 'load', 'load', 'load']);

  });

});

describe('A refresh that costs a round trip', () => {

  it('happens at most once in a touch interval', async () => {

    const { browser, store, clock } = await signedIn();
    const at = async (seconds: number, path = '/read') => {
      clock.now = START + seconds;
      store.takeCalls();
      await browser.get(path);
      return store.takeCalls();
    };
    deepStrictEqual(await at(10), ['load']);
    deepStrictEqual(await at(59), ['load']);
    deepStrictEqual(await at(61), ['load', 'touch']);
    deepStrictEqual(await at(62, '/nothing'), ['load']);
    deepStrictEqual(await at(120), ['load']);
    deepStrictEqual(await at(122, '/nothing'), ['load', 'touch']);
    // A change resets no clock, and refreshes if that is due.
    deepStrictEqual(await at(170, '/add'), ['load', 'update']);
    deepStrictEqual(await at(181), ['load']);
    deepStrictEqual(await at(183), ['load', 'touch']);
    deepStrictEqual(await at(245, '/add'), ['load', 'update']);
    deepStrictEqual(await at(304), ['load']);
    deepStrictEqual(await at(306), ['load', 'touch']);

  });

  it('keeps a session for at least its expiry after any use, and at most a touch interval longer', async () => {

    for (const path of ['/read', '/nothing', '/add', '/same', '/count', '/update-nothing', '/save-often', '/token']) {
      for (const used of [30, 59, 61, 99, 130, 160]) {
        const living = await signedIn();
        living.clock.now = START + used;
        await living.browser.get(path);
        living.clock.now += 99;
        ok('userId' in ((await living.browser.get('/read')).body as object), `${path} after ${used} seconds`);

        const gone = await signedIn();
        gone.clock.now = START + used;
        await gone.browser.get(path);
        gone.clock.now += 100 + 60 + 1;
        deepStrictEqual((await gone.browser.get('/read')).body, {}, `${path} after ${used} seconds`);
      }
    }

  });

  it('has the interval of the option', async () => {

    const { browser, store, clock } = await signedIn({ touchInterval: 5 });
    store.takeCalls();
    clock.now += 4;
    await browser.get('/read');
    clock.now += 2;
    await browser.get('/read');
    deepStrictEqual(store.takeCalls(), ['load', 'load', 'touch']);

  });

});

describe('A cookie with a Max-Age', () => {

  it('is sent again only together with a refresh', async () => {

    const { browser, clock } = await signedIn({ cookieOptions: { maxAge: 200 } });
    const at = async (seconds: number, path: string) => {
      clock.now = START + seconds;
      return setCookies(await browser.get(path));
    };
    const line = `CB=${idOf(browser)}; Max-Age=260; Path=/; HttpOnly; SameSite=Lax`;
    deepStrictEqual(await at(10, '/read'), []);
    deepStrictEqual(await at(20, '/add'), []);
    deepStrictEqual(await at(59, '/nothing'), []);
    deepStrictEqual(await at(61, '/nothing'), [line]);
    deepStrictEqual(await at(62, '/nothing'), []);
    deepStrictEqual(await at(123, '/add'), [line]);
    deepStrictEqual(await at(124, '/read'), []);
    deepStrictEqual(await at(204, '/count'), [line]);
    deepStrictEqual(await at(265, '/update-nothing'), [line]);

  });

  it('is not sent again if the refresh failed or found nothing', async () => {

    const { browser, store, clock } = await signedIn({ cookieOptions: { maxAge: 200 } });
    clock.now += 100;
    store.before = method => {
      if (method === 'touch') throw new Error('connection lost');
    };
    const response = await browser.get('/read');
    strictEqual(response.status, 200);
    deepStrictEqual(setCookies(response), []);
    store.before = method => {
      if (method === 'touch') store.memory.end(idOf(browser));
    };
    store.takeCalls();
    deepStrictEqual(setCookies(await browser.get('/read')), []);
    deepStrictEqual(store.takeCalls(), ['load', 'touch']);

  });

  it('is refreshed at most once a minute also if a touch is free', async () => {

    const { browser } = site(PAGES, { cookieOptions: { maxAge: 200 } });
    strictEqual(setCookies(await browser.get('/create')).length, 1);
    deepStrictEqual(setCookies(await browser.get('/read')), []);

  });

});
