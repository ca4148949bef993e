import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SessionStoreError, SessionValueError } from '../../src/index.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { never } from '../support/events.js';
import { inFakeTime } from '../support/fake-time.js';
import { RecordingStore } from '../support/recording-store.js';
import { type Page, site } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/read': ctx => ctx.session,
  '/nothing': () => 'nothing',
  '/add': ctx => { ctx.session.more = true; },
  '/end': ctx => { ctx.session = null; },
  '/new-id': ctx => { ctx.sessionId = null; },
  '/throw': ctx => {
    ctx.session.more = true;
    throw Object.assign(new Error('teapot'), { httpStatus: 418 });
  },
};

const failing = (...methods: string[]) => (method: string) => {
  if (methods.length === 0 || methods.includes(method)) throw new Error('connection lost');
};

async function signedIn() {

  const there = site(PAGES, { store: new RecordingStore() });
  await there.browser.get('/create');
  there.store.takeCalls();
  return there;

}

describe('While the store fails', () => {

  it('a request with a session cookie is answered with 503, and nothing is set or cleared', () => inFakeTime(async () => {

    for (const before of [failing(), never]) {
      const { browser, store, errors } = await signedIn();
      const id = idOf(browser);
      store.before = before;
      for (const path of ['/read', '/nothing', '/add', '/end', '/new-id']) {
        const response = await browser.get(path);
        strictEqual(response.status, 503, path);
        deepStrictEqual(setCookies(response), [], path);
      }
      ok(errors.every(error => error instanceof SessionStoreError));
      store.before = () => {};
      strictEqual(idOf(browser), id);
      deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
    }

  }));

  it('a request without a session cookie does not notice until it writes', async () => {

    const { app, store } = await signedIn();
    store.before = failing();
    strictEqual((await new Browser(app).get('/read')).status, 200);
    strictEqual((await new Browser(app).get('/end')).status, 200);
    const response = await new Browser(app).get('/create');
    strictEqual(response.status, 503);
    deepStrictEqual(setCookies(response), []);

  });

  it('the handler of a request whose session could not be loaded does not run', async () => {

    let ran = 0;
    const { browser, store } = site({ ...PAGES, '/count': () => { ran++; } }, { store: new RecordingStore() });
    await browser.get('/create');
    store.before = failing();
    await browser.get('/count');
    strictEqual(ran, 0);

  });

  it('a change does not look stored', async () => {

    for (const [path, method] of [['/add', 'update'], ['/end', 'end'], ['/new-id', 'move']] as const) {
      const { browser, store, errors } = await signedIn();
      store.before = failing(method);
      const response = await browser.get(path);
      strictEqual(response.status, 503);
      deepStrictEqual(setCookies(response), []);
      strictEqual(((errors[0] as Error).cause as Error).message, 'connection lost');
      store.before = () => {};
      deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
    }

  });

  it('no cookie is sent even if the change was stored and only its answer was lost', async () => {

    for (const [path, method] of [['/create', 'create'], ['/end', 'end'], ['/new-id', 'move']] as const) {
      const { browser, app, store } = await signedIn();
      store.after = failing(method);
      const response = await (path === '/create' ? new Browser(app) : browser).get(path);
      strictEqual(response.status, 503, path);
      deepStrictEqual(setCookies(response), []);
    }

  });

  it('a refresh that fails passes silently: nothing is lost', () => inFakeTime(async () => {

    const clock = { now: 1_800_000_000 };
    const { browser, store } = site(PAGES, { store: new RecordingStore({ now: () => clock.now }) });
    await browser.get('/create');
    clock.now += 100;
    for (const before of [failing('touch'), (method: string) => method === 'touch' ? never() : undefined]) {
      store.before = before;
      store.takeCalls();
      const response = await browser.get('/read');
      deepStrictEqual(store.takeCalls(), ['load', 'touch']);
      strictEqual(response.status, 200);
      deepStrictEqual(response.body, { userId: 5 });
    }

  }));

  it('the application\'s own error wins', async () => {

    const { browser, store } = await signedIn();
    store.before = failing('update');
    strictEqual((await browser.get('/throw')).status, 418);

  });

  it('a client does not wait a second time after saveSession() gave up', () => inFakeTime(async () => {

    const { browser, store } = site({ ...PAGES, '/save': async ctx => {
      ctx.session.more = true;
      await ctx.saveSession();
    } }, { store: new RecordingStore() });
    await browser.get('/create');
    store.before = method => method === 'update' ? never() : undefined;
    store.takeCalls();
    strictEqual((await browser.get('/save')).status, 503);
    deepStrictEqual(store.takeCalls(), ['load', 'update']);

  }));

  it('a store that makes only ids that are in use is an outage', async () => {

    const store = new RecordingStore();
    const { browser, app, errors } = site(PAGES, { store });
    store.newSessionId = () => 'same';
    await browser.get('/create');
    const response = await new Browser(app).get('/create');
    strictEqual(response.status, 503);
    ok((errors[0] as Error).message.includes('in use'));
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
    strictEqual((await browser.get('/new-id')).status, 503);
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });

  });

  it('an id that is in use is made anew', async () => {

    const store = new RecordingStore();
    const { browser, app } = site(PAGES, { store });
    const ids = ['one', 'one', 'two'];
    store.newSessionId = () => ids.shift() as string;
    await browser.get('/create');
    const second = new Browser(app);
    await second.get('/create');
    strictEqual(idOf(second), 'two');

  });

});

describe('A value that can\'t be stored', () => {

  it('is answered with 500, and what was stored stays', async () => {

    const { browser, errors } = site({ ...PAGES, '/bad': ctx => {
      ctx.session.good = 1;
      ctx.session.list = [1, { bad: 1n }];
    } });
    const first = await browser.get('/bad');
    strictEqual(first.status, 500);
    deepStrictEqual(setCookies(first), []);
    await browser.get('/create');
    strictEqual((await browser.get('/bad')).status, 500);
    ok(errors[1] instanceof SessionValueError);
    strictEqual(errors[1].path, 'session.list[1].bad');
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });

  });

  it('does not mask the application\'s own error', async () => {

    const { browser } = site({ '/bad': ctx => {
      ctx.session.bad = () => {};
      throw Object.assign(new Error('teapot'), { httpStatus: 418 });
    } });
    strictEqual((await browser.get('/bad')).status, 418);

  });

});
