import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, SessionCookieError, type SessionOptions, type SessionStore } from '../../src/index.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { PAGES as FORMS, submit, tokenOf } from '../support/forms.js';
import { MapStore } from '../support/map-store.js';
import { RecordingStore } from '../support/recording-store.js';
import { site } from '../support/site.js';
import { socketSite } from '../support/sockets.js';

const PAGES: typeof FORMS = {
  ...FORMS,
  '/sign-in': ctx => {
    ctx.validateCsrf();
    ctx.session = { userId: 5 };
    ctx.sessionId = null;
  },
  '/form-then-write': async ctx => {
    const token = await ctx.getCsrf();
    ctx.session.visits = 1;
    return token;
  },
  '/write-then-form': async ctx => {
    ctx.session.visits = 1;
    return ctx.getCsrf();
  },
  '/id': ctx => ({ id: ctx.sessionId }),
  '/masked': ctx => ctx.getCsrf({ masked: true }),
};

const STORES: Record<string, () => SessionStore> = {
  'the memory store': () => new MemoryStore(),
  'a store behind a wire': () => new RecordingStore(),
  'a store with four methods': () => new MapStore(),
  'a store that takes everything for an id': () => Object.assign(new RecordingStore(), { isSessionId: () => true }),
};

for (const [name, makeStore] of Object.entries(STORES)) {

  describe(`A form for a visitor without a session, on ${name}`, () => {

    it('stores nothing, and sets a cookie that is no session', async () => {

      const store = makeStore();
      const { browser } = site(PAGES, { store });
      const token = await tokenOf(browser);
      match(idOf(browser), /^p\.\S+/);
      deepStrictEqual((await browser.get('/id')).body, { id: null });
      deepStrictEqual((await browser.get('/read')).body, {});
      if (store instanceof RecordingStore) deepStrictEqual(store.takeCalls(), []);
      strictEqual(await submit(browser, token), 200);
      strictEqual(await submit(browser, 'x'), 403);
      strictEqual(await submit(new Browser(site(PAGES, { store }).app), token), 403);

    });

    it('has the same token again, and no second cookie', async () => {

      const { browser } = site(PAGES, { store: makeStore() });
      const first = await browser.get('/form');
      strictEqual(setCookies(first).length, 1);
      const second = await browser.get('/form');
      strictEqual(second.body, first.body);
      deepStrictEqual(setCookies(second), []);

    });

    it('lets the visitor sign in, who has another token then', async () => {

      const { browser } = site(PAGES, { store: makeStore() });
      const token = await tokenOf(browser);
      const stale = browser.clone();
      const before = idOf(browser);
      strictEqual((await browser.post('/sign-in', { body: { 'csrf-token': token } })).status, 200);
      ok(!idOf(browser).startsWith('p.'));
      ok(!before.includes(idOf(browser)), 'the id is a new one');
      deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
      strictEqual(await submit(browser, token), 403);
      strictEqual(await submit(browser, await tokenOf(browser)), 200);
      deepStrictEqual((await stale.get('/read')).body, {});

    });

    it('has the token of the session that the same request starts', async () => {

      for (const path of ['/form-then-write', '/write-then-form']) {
        const { browser } = site(PAGES, { store: makeStore() });
        const token = await tokenOf(browser, path);
        ok(!idOf(browser).startsWith('p.'));
        strictEqual(await submit(browser, token), 200, path);
      }
      const { browser } = site(PAGES, { store: makeStore() });
      await tokenOf(browser);
      strictEqual(await submit(browser, await tokenOf(browser, '/write-then-form')), 200, 'also with a form before');

    });

  });

}

describe('The cookie of a form', () => {

  it('is no session, whatever comes after its first letters', async () => {

    const store = new RecordingStore();
    const { browser, app } = site(PAGES, { store });
    await browser.get('/create');
    const id = idOf(browser);
    store.takeCalls();
    for (const value of ['p.', 'p.x', `p.${id}`, `p.p.${id}`, 'p.__proto__', `p.${'x'.repeat(600)}`, 'p.%00', 'p.%2e%2e']) {
      const other = new Browser(app);
      other.cookies.set('CB', value);
      deepStrictEqual((await other.get('/read')).body, {}, value);
      deepStrictEqual((await other.get('/id')).body, { id: null });
      strictEqual(await submit(other, 'x'), 403);
    }
    deepStrictEqual(store.takeCalls(), []);

  });

  it('counts only where no session is in use', async () => {

    const { browser, app } = site(PAGES);
    const form = new Browser(app);
    const token = await tokenOf(form);
    await browser.get('/create');
    const both = (first: string, second: string) => browser.post('/submit', { headers: { Cookie: `CB=${first}; CB=${second}` }, body: { 'csrf-token': token } });
    const [id, value] = [idOf(browser), idOf(form)];
    strictEqual((await both(value, id)).status, 403);
    strictEqual((await both(id, value)).status, 403);
    strictEqual((await both('x'.repeat(43), value)).status, 200, 'an id that nobody knows is no session');
    await browser.clone().get('/end');
    strictEqual((await both(id, value)).status, 403, 'one that has just ended stands in the way for a while');

  });

  it('is never the id of a session that comes later: whoever put it there would know it', async () => {

    const { browser, store } = site({ ...PAGES, '/write': ctx => { ctx.session.visits = 1; } });
    const planted = 'x'.repeat(43);
    browser.cookies.set('CB', `p.${planted}`);
    await tokenOf(browser);
    for (const path of ['/write', '/form-then-write', '/write-then-form', '/new-id-form']) {
      browser.cookies.set('CB', `p.${planted}`);
      await browser.get(path);
      notStrictEqual(idOf(browser).replace('p.', ''), planted, path);
      strictEqual(store.store.has(planted), false);
    }

  });

  it('cannot be an id that a store makes', async () => {

    const { browser, store, errors } = site({ ...PAGES }, { store: Object.assign(new RecordingStore(), { newSessionId: () => `p.${Math.random()}`, isSessionId: () => true }) });
    strictEqual((await browser.get('/create')).status, 503);
    match(String(errors[0]), /newSessionId\(\) returned what can't be an id/);
    deepStrictEqual(store.takeCalls(), []);

  });

  it('is written as cookieOptions say, and kept from shared caches', async () => {

    const options: Array<Partial<SessionOptions>> = [
      { cookieName: '__Host-S', cookieOptions: { secure: true } },
      { cookieOptions: { encode: text => encodeURIComponent(text).replaceAll('.', '%2E') } },
      { cookieOptions: { maxAge: 1000, sameSite: 'strict' } },
    ];
    for (const { ...each } of options) {
      const { browser } = site(PAGES, each as object);
      const response = await browser.get('/form');
      const [line] = setCookies(response) as [string];
      match(line, /^[\w-]+=p(\.|%2E)\w{59}; /);
      match(line, /; HttpOnly/);
      match(response.headers.get('Cache-Control') as string, /no-store/);
      strictEqual(response.headers.get('Vary'), 'Cookie');
      strictEqual(await tokenOf(browser), response.body);
      strictEqual(await submit(browser, response.body), 200);
    }

  });

  it('is not set by a request that fails to store, and no store is asked for it', async () => {

    const { browser, store } = site(PAGES, { store: new RecordingStore() });
    store.before = () => { throw new Error('connection lost'); };
    strictEqual((await browser.get('/form')).status, 200);
    strictEqual(await submit(browser, await tokenOf(browser)), 200);
    browser.cookies.clear();
    const response = await browser.get('/form-then-write');
    strictEqual(response.status, 503);
    deepStrictEqual(setCookies(response), []);

  });

  it('can be asked for a token in a WebSocket, and not be set there', async () => {

    const answers: unknown[] = [];
    const there = await socketSite({ store: 'memory' }, PAGES, async (ctx, socket) => {
      answers.push(await ctx.getCsrf().catch((error: unknown) => error));
      socket.close();
    });
    try {
      const closed = async () => {
        const socket = await there.open();
        await new Promise(resolve => { socket.once('close', resolve); });
      };
      await closed();
      ok(answers.pop() instanceof SessionCookieError);
      const token = await there.get('/form');
      await closed();
      strictEqual(answers.pop(), token);
    } finally {
      await there.close();
    }

  });

  it('is set again by a sign-out that shows a form', async () => {

    const { browser } = site({ ...PAGES, '/sign-out': async ctx => {
      ctx.session = null;
      return ctx.getCsrf();
    } });
    await browser.get('/create');
    const token = await tokenOf(browser, '/sign-out');
    match(idOf(browser), /^p\./);
    strictEqual(await submit(browser, token), 200);

  });

});

describe('A masked token', () => {

  it('looks different each time, and is as good', async () => {

    const { browser } = site(PAGES);
    await browser.get('/create');
    const [one, two] = [await tokenOf(browser, '/masked'), await tokenOf(browser, '/masked')];
    notStrictEqual(one, two);
    for (const token of [one, two]) {
      match(token, /^[\w-]{86}$/);
      strictEqual(await submit(browser, token), 200);
      strictEqual(await submit(browser, token), 200, 'also again');
    }
    const plain = await tokenOf(browser);
    ok(!one.includes(plain));
    strictEqual(await submit(browser, plain), 200);

  });

  it('is refused in any other form', async () => {

    const { browser, app } = site(PAGES);
    await browser.get('/create');
    const token = await tokenOf(browser, '/masked');
    const other = await tokenOf(browser, '/masked');
    const flip = (text: string, at: number) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    const bytes = Buffer.from(token, 'base64url');
    // The last letter stands for two bits only: the others must be nought.
    const stray = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('').map(letter => token.slice(0, -1) + letter).filter(text => text !== token);
    for (const wrong of [
      flip(token, 0), flip(token, 42), flip(token, 43), flip(token, 84), ...stray, token.slice(0, 43) + other.slice(43), token.slice(0, 85), `${token}=`, `${token}==`, `${token} `,
      bytes.toString('base64').replace(/=+$/, '').replace(/^./, '+'), bytes.toString('hex'), 'A'.repeat(86), 'x'.repeat(86), '\xa0'.repeat(86), 'é'.repeat(43), [token], { length: 86 },
    ]) strictEqual(await submit(browser, wrong), 403, String(wrong));
    const stranger = new Browser(app);
    await stranger.get('/create');
    strictEqual(await submit(stranger, token), 403);

  });

});
