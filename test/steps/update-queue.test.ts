import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { encrypted, MemoryStore, SessionEndedError, SessionStoreError, type StandardSchema } from '../../src/index.js';
import type { SessionStore } from '../../src/base/store.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { count } from '../support/counter.js';
import { deferred, never, settled } from '../support/events.js';
import { inFakeTime } from '../support/fake-time.js';
import { MapStore } from '../support/map-store.js';
import { RecordingStore } from '../support/recording-store.js';
import { type Page, site } from '../support/site.js';
import { TakeStore } from '../support/take-store.js';

const PAGES: { readonly [path: string]: Page } = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/read': ctx => ctx.session,
  '/count': ctx => ctx.updateSession(count),
  '/look': ctx => ctx.updateSession(() => {}),
  '/end': ctx => { ctx.session = null; },
  '/new-id': ctx => { ctx.sessionId = null; },
};

const STORES: { readonly [kind: string]: () => SessionStore } = {
  'memory': () => new MemoryStore(),
  'a store behind a wire': () => new RecordingStore(),
  'an encrypted store': () => encrypted(new MemoryStore()),
  'a store that moves in steps': () => new TakeStore(),
  'a store of four methods': () => new MapStore(),
};

type Options = NonNullable<Parameters<typeof site>[1]>;

async function visited(pages: { readonly [path: string]: Page }, options: Options = {}) {

  const there = site({ ...PAGES, ...pages }, options);
  await there.browser.get('/create');
  return there;

}

describe('Updates of one session at the same time', () => {

  it('cost at most four commands each, and all count', async () => {

    const store = new RecordingStore();
    const { browser } = await visited({}, { store });
    store.takeCalls();
    const answers = await Promise.all(Array.from({ length: 400 }, () => browser.clone().get('/count')));
    ok(answers.every(({ status }) => status === 200));
    const calls = store.takeCalls();
    ok(calls.length <= 4 * 400, `${calls.length} commands`);
    deepStrictEqual((await browser.get('/read')).body, { userId: 5, n: 400 });

  });

  it('cost at most four commands each in one request, too', async () => {

    const store = new RecordingStore();
    const { browser } = await visited({
      '/many': ctx => Promise.all(Array.from({ length: 400 }, () => ctx.updateSession(async (values: { n?: number }) => {
        await null;
        count(values);
      }))),
    }, { store });
    store.takeCalls();
    strictEqual((await browser.get('/many')).status, 200);
    const calls = store.takeCalls();
    ok(calls.length <= 4 * 400, `${calls.length} commands`);
    deepStrictEqual((await browser.get('/read')).body, { userId: 5, n: 400 });
    // Also if they begin the session.
    const fresh = new Browser(browser.app);
    strictEqual((await fresh.get('/many')).status, 200);
    deepStrictEqual((await fresh.get('/read')).body, { n: 400 });

  });

  for (const [kind, open] of Object.entries(STORES)) {
    it(`wait no longer than storeTimeout for one whose function never answers: ${kind}`, () => inFakeTime(async () => {

      const { browser } = await visited({ '/never': ctx => ctx.updateSession(() => never()) }, { store: open() });
      void browser.clone().get('/never');
      const answers = await Promise.all(Array.from({ length: 5 }, () => browser.clone().get('/count')));
      deepStrictEqual(answers.map(({ status }) => status), answers.map(() => 200));
      deepStrictEqual((await browser.get('/read')).body, { userId: 5, n: 5 });

    }));

    it(`work on the values that others have stored while they waited: ${kind}`, async () => {

      for (const [path, expected] of [['/end', 409], ['/new-id', 409]] as const) {
        const gate = deferred();
        const { browser, errors } = await visited({
          '/slow': ctx => ctx.updateSession(async (values: { slow?: true }) => {
            await gate.promise;
            values.slow = true;
          }),
        }, { store: open() });
        const former = browser.clone();
        const slow = former.clone().get('/slow');
        const waiting = Array.from({ length: 3 }, () => former.clone().get('/count'));
        strictEqual((await browser.get(path)).status, 200);
        gate.resolve();
        for (const answer of [slow, ...waiting]) {
          strictEqual((await answer).status, expected, path);
          deepStrictEqual(setCookies(await answer), []);
        }
        ok(errors.every(error => error instanceof SessionEndedError));
        deepStrictEqual((await browser.get('/read')).body, path === '/end' ? {} : { userId: 5 });
      }

    });
  }

  it('all count if the session was emptied, and if it is stored in another shape first', async () => {

    const theme: StandardSchema = {
      '~standard': { version: 1, vendor: 'test', validate: value => ({ value: { theme: 'dark', ...value as object } }) },
    };
    for (const [options, expected] of [[{}, { n: 20 }], [{ schema: theme }, { n: 20, theme: 'dark' }]] as const) {
      for (const open of Object.values(STORES)) {
        const store = open();
        const before = await visited({ '/empty': ctx => { delete ctx.session.userId; } }, { store });
        await before.browser.get('/empty');
        const { app } = site(PAGES, { store, ...options });
        const browser = new Browser(app);
        for (const [name, value] of before.browser.cookies) browser.cookies.set(name, value);
        const answers = await Promise.all(Array.from({ length: 20 }, () => browser.clone().get('/count')));
        deepStrictEqual(answers.map(({ status }) => status), answers.map(() => 200));
        deepStrictEqual((await browser.get('/read')).body, expected);
      }
    }

  });

  it('follow a session that got another id while they waited, with grace', async () => {

    const gate = deferred();
    const { browser } = await visited({
      '/slow': ctx => ctx.updateSession(async (values: { slow?: true }) => {
        await gate.promise;
        values.slow = true;
      }),
    }, { store: new RecordingStore(), grace: 30 });
    const former = browser.clone();
    const late = [former.clone(), former.clone(), former.clone()];
    const answers = late.map((visitor, index) => visitor.get(index === 0 ? '/slow' : '/count'));
    await browser.get('/new-id');
    gate.resolve();
    deepStrictEqual((await Promise.all(answers)).map(({ status }) => status), [200, 200, 200]);
    for (const visitor of late) strictEqual(idOf(visitor), idOf(browser));
    deepStrictEqual((await browser.get('/read')).body, { userId: 5, slow: true, n: 2 });

  });

  it('are answered with 503 if too many before them take their time', () => inFakeTime(async () => {

    const { browser, errors } = await visited({ '/never': ctx => ctx.updateSession(() => never()) });
    for (let index = 0; index < 30; index++) void browser.clone().get('/never');
    strictEqual((await browser.get('/count')).status, 503);
    ok(errors.some(error => error instanceof SessionStoreError && /before this one/.test(error.message)));
    // The one that gave up keeps no other waiting.
    await new Promise(resolve => setTimeout(resolve, 150_000));
    strictEqual((await browser.get('/count')).status, 200);

  }));

  it('are refused within each other, at once and without a trace', async () => {

    const { browser, errors } = await visited({
      '/nested': ctx => ctx.updateSession(async (values: { outer?: number }) => {
        values.outer = 1;
        await ctx.updateSession((other: { inner?: number }) => { other.inner = 1; });
      }),
    });
    strictEqual((await browser.get('/nested')).status, 500);
    ok(errors[0] instanceof TypeError && /within the function/.test(errors[0].message));
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
    // The turn was given back.
    strictEqual((await browser.get('/count')).status, 200);

  });

  it('may be started by code that a function has left running', async () => {

    let later: Promise<unknown> | undefined;
    const { browser } = await visited({
      '/later': async ctx => {
        await ctx.updateSession(() => {
          later = settled().then(() => ctx.updateSession(count));
        });
        await later;
      },
    });
    strictEqual((await browser.get('/later')).status, 200);
    deepStrictEqual((await browser.get('/read')).body, { userId: 5, n: 1 });

  });

});

describe('Updates of one session from several processes', () => {

  it('are tried again after pauses that grow, and not forever', async () => {

    const store = new RecordingStore();
    const { browser, errors } = await visited({}, { store });
    store.memory.update = () => 'conflict';
    const pauses: number[] = [];
    const timer = mock.method(globalThis, 'setTimeout', (task: () => void, milliseconds = 0) => {
      // Timers of time-outs do not fire here.
      if (milliseconds > 1000) return { ref() {}, unref() {} };
      pauses.push(milliseconds);
      setImmediate(task);
      return undefined;
    });
    const random = mock.method(Math, 'random', () => 1);
    try {
      store.takeCalls();
      strictEqual((await browser.get('/count')).status, 503);
    } finally {
      timer.mock.restore();
      random.mock.restore();
    }
    deepStrictEqual(pauses.slice(0, 9), [2, 4, 8, 16, 32, 64, 128, 250, 250]);
    strictEqual(store.takeCalls().length, 200);
    ok(/kept changing/.test((errors[0] as Error).message));

  });

});

describe('An update that changes nothing', () => {

  for (const [kind, open] of Object.entries(STORES)) {
    it(`returns the session as it is now, and is 409 if it no longer exists: ${kind}`, async () => {

      for (const [act, status, body] of [
        [PAGES['/count'], 200, { userId: 5, n: 1 }], [PAGES['/end'], 409, undefined], [PAGES['/new-id'], 409, undefined],
      ] as const) {
        const { browser } = await visited({
          '/late': async ctx => {
            await browser.clone().get('/act');
            return ctx.updateSession(() => {});
          },
          '/act': act,
        }, { store: open() });
        const response = await browser.get('/late');
        strictEqual(response.status, status);
        if (body) deepStrictEqual(response.body, body);
      }

    });
  }

  it('calls its function once if no other request has changed the session', async () => {

    let calls = 0;
    const { browser } = await visited({ '/page': ctx => ctx.updateSession(() => { calls++; }) }, { store: new RecordingStore() });
    strictEqual((await browser.get('/page')).status, 200);
    strictEqual(calls, 1);

  });

  it('does nothing if there was no session from the beginning', async () => {

    const store = new RecordingStore();
    const { browser } = site({ ...PAGES }, { store });
    const response = await browser.get('/look');
    deepStrictEqual([response.status, response.body, setCookies(response), store.takeCalls()], [200, {}, [], []]);

  });

});
