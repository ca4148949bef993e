import { deepStrictEqual, doesNotMatch, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, SessionCookieError, type SessionOptions, type SessionStore } from '../../src/index.js';
import { Browser, formsOf, idOf, setCookies } from '../support/browser.js';
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
      deepStrictEqual([...browser.cookies.keys()], [...formsOf(browser).keys()]);
      strictEqual(browser.cookies.size, 1);
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

    it('lets the visitor sign in, after which the token is another one', async () => {

      const { browser } = site(PAGES, { store: makeStore() });
      const token = await tokenOf(browser);
      const stale = browser.clone();
      strictEqual((await browser.post('/sign-in', { body: { 'csrf-token': token } })).status, 200);
      strictEqual(formsOf(browser).size, 0, 'the form\'s cookie has gone');
      deepStrictEqual((await browser.get('/read')).body, { userId: 5 });
      strictEqual(await submit(browser, token), 403);
      strictEqual(await submit(browser, await tokenOf(browser)), 200);
      deepStrictEqual((await stale.get('/read')).body, {});

    });

    it('has the token of the session that the same request starts', async () => {

      for (const path of ['/form-then-write', '/write-then-form']) {
        const { browser } = site(PAGES, { store: makeStore() });
        const token = await tokenOf(browser, path);
        notStrictEqual(idOf(browser), '');
        strictEqual(await submit(browser, token), 200, path);
        const forms = formsOf(browser);
        for (const name of forms.keys()) browser.cookies.delete(name);
        strictEqual(await submit(browser, token), 200, `${path}, with the session's cookie alone`);
        browser.cookies.delete('CB');
        for (const [key, value] of forms) browser.cookies.set(key, value);
        strictEqual(await submit(browser, token), 200, `${path}, with the form's cookie alone`);
      }
      const { browser } = site(PAGES, { store: makeStore() });
      await tokenOf(browser);
      strictEqual(await submit(browser, await tokenOf(browser, '/write-then-form')), 200, 'also with a form before');

    });

  });

}

describe('The cookie of a form', () => {

  it('is no session, and counts only in the form in which it was written', async () => {

    const store = new RecordingStore();
    const { browser, app } = site(PAGES, { store });
    const token = await tokenOf(browser);
    const [[name, secret]] = [...formsOf(browser)] as [[string, string]];
    const status = (cookie: string) => browser.post('/submit', { headers: { Cookie: cookie }, body: { 'csrf-token': token } }).then(response => response.status);
    for (const right of [`${name}=${secret}`, ` \t${name} =\t${secret} `, `a=b;${name}=${secret};c=d`, `${name}=${'x'.repeat(43)}; ${name}=${secret}`, `CB-form=${secret}`]) {
      strictEqual(await status(right), 200, right);
    }
    for (const wrong of [
      '', `CB=${secret}`, `CB=p.${secret}`, `${name}=`, `${name}=${secret}x`, `${name}="${secret}"`, `${name}x=${secret}`, `x${name}=${secret}`, `CB-forms=${secret}`, `CB-form-=${secret}`,
      `cb-form=${secret}`, `${name}\xa0=${secret}`, `${name}=\xa0${secret}`, `__Host-${name}=${secret}`, `${name}=${encodeURIComponent(secret.replace(/./, '%41'))}`, ';'.repeat(1e5),
    ]) strictEqual(await status(wrong), 403, wrong.slice(0, 60));
    const other = new Browser(app);
    other.cookies.set('CB', secret);
    deepStrictEqual((await other.get('/id')).body, { id: null });
    store.takeCalls();
    other.cookies.delete('CB');
    other.cookies.set(name, secret);
    deepStrictEqual((await other.get('/read')).body, {});
    deepStrictEqual(store.takeCalls(), [], 'it never reaches the store');

  });

  it('does not count in a request with a live session of a user', async () => {

    const { browser, app } = site(PAGES, { user: 'userId' });
    const form = new Browser(app);
    const token = await tokenOf(form);
    await browser.get('/create');
    const own = await tokenOf(browser);
    strictEqual(formsOf(browser).size, 0);
    for (const [name, value] of formsOf(form)) browser.cookies.set(name, value);
    strictEqual(await submit(browser, token), 403);
    strictEqual(await submit(browser, own), 200);
    strictEqual(await tokenOf(browser), own);

  });

  it('does not count, either, if only the stored values name the session\'s user', async () => {

    const { browser, app, store } = site(PAGES, { user: 'userId' });
    const form = new Browser(app);
    const token = await tokenOf(form);
    const before = site(PAGES, { store });
    await before.browser.get('/create');
    browser.cookies.set('CB', idOf(before.browser));
    const own = await tokenOf(browser);
    for (const [name, value] of formsOf(form)) browser.cookies.set(name, value);
    strictEqual(await submit(browser, token), 403);
    strictEqual(await submit(browser, own), 200);
    await browser.get('/read');
    notStrictEqual(idOf(browser), idOf(before.browser), 'it was bound to its user');
    strictEqual(await submit(browser, own), 200);
    strictEqual(await tokenOf(browser), own);

  });

  it('shows nothing of the session\'s id, and no session ever gets its value as an id', async () => {

    const { browser, store } = site({ ...PAGES, '/write': ctx => { ctx.session.visits = 1; } });
    const planted = 'x'.repeat(43);
    for (const path of ['/write', '/form-then-write', '/write-then-form', '/new-id-form']) {
      browser.cookies.clear();
      browser.cookies.set('CB-form-A', planted);
      await browser.get(path);
      notStrictEqual(idOf(browser), planted, path);
      strictEqual(store.store.has(planted), false);
    }
    const { browser: other } = site(PAGES);
    await tokenOf(other, '/write-then-form');
    for (const secret of formsOf(other).values()) ok(!secret.includes(idOf(other).slice(0, 10)));

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
      match(line, /^(__Host-)?(CB|S)-form-\w=[\w-]{43}; /);
      match(line, /; HttpOnly/);
      doesNotMatch(line, /Max-Age|Expires/i);
      match(response.headers.get('Cache-Control') as string, /no-store/);
      strictEqual(response.headers.get('Vary'), 'Cookie');
      strictEqual(await tokenOf(browser), response.body);
      strictEqual(await submit(browser, response.body), 200);
    }

  });

  it('is not set by a request that fails to store, and makes no request use the store', async () => {

    const { browser, store } = site(PAGES, { store: new RecordingStore() });
    store.before = () => { throw new Error('connection lost'); };
    strictEqual((await browser.get('/form')).status, 200);
    strictEqual(await submit(browser, await tokenOf(browser)), 200);
    browser.cookies.clear();
    const response = await browser.get('/form-then-write');
    strictEqual(response.status, 503);
    deepStrictEqual(setCookies(response), []);

  });

  it('counts for nothing beside a live session if the request says that it comes from another site, also without the option user', async () => {

    const { browser, app } = site(PAGES);
    app.origin = 'https://shop.example';
    const planted = new Browser(app);
    const token = await tokenOf(planted);
    await browser.get('/create');
    const own = await tokenOf(browser);
    for (const [name, value] of formsOf(planted)) browser.cookies.set(name, value);
    const send = async (from: Browser, given: string, headers: Record<string, string>) => (
      await from.post('/submit', { body: { 'csrf-token': given }, headers })
    ).status;
    const here: Array<Record<string, string>> = [
      {}, { Origin: 'https://shop.example' }, { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }, { 'Sec-Fetch-Site': 'none' },
    ];
    const elsewhere: Array<Record<string, string>> = [
      { Origin: 'https://blog.shop.example' }, { Origin: 'http://shop.example' }, { Origin: 'null' },
      { 'Sec-Fetch-Site': 'same-site' }, { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://shop.example' },
    ];
    for (const headers of here) deepStrictEqual([await send(browser, token, headers), await send(browser, own, headers)], [200, 200], JSON.stringify(headers));
    for (const headers of elsewhere) {
      deepStrictEqual([await send(browser, token, headers), await send(browser, own, headers)], [403, 200], JSON.stringify(headers));
      strictEqual(await send(planted, token, headers), 200, 'where no session is live');
    }
    // If the application's origin was not set, there is nothing to compare Origin with.
    app.origin = 'http://localhost:8500';
    for (const name of [...browser.cookies.keys()].filter(each => each.startsWith('__Host-'))) {
      browser.cookies.set(name.slice('__Host-'.length), browser.cookies.get(name) as string);
    }
    strictEqual(await send(browser, token, { Origin: 'http://intranet' }), 200);
    strictEqual(await send(browser, token, { 'Sec-Fetch-Site': 'same-site', Origin: 'http://intranet' }), 403);

  });

  it('lets visitors sign in and out, whatever other cookies they send whose names begin like its own', async () => {

    const { browser } = site({ '/in': ctx => { ctx.session = { userId: 5 }; }, '/out': ctx => { ctx.session = null; }, '/read': ctx => ctx.session }, { user: 'userId' });
    for (const end of ['\u00e9', '\u00ff', '(', '"']) browser.cookies.set(`CB-form-${end}`, 'A'.repeat(43));
    for (const [path, expected] of [['/in', { userId: 5 }], ['/out', {}]] as const) {
      strictEqual((await browser.get(path)).status, 200);
      deepStrictEqual((await browser.get('/read')).body, expected);
    }

  });

  it('has a token that a WebSocket can read, but can\'t be set there', async () => {

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
    const before = await tokenOf(browser);
    const token = await tokenOf(browser, '/sign-out');
    strictEqual(idOf(browser), '');
    strictEqual(formsOf(browser).size, 1);
    strictEqual(await submit(browser, token), 200);
    strictEqual(await submit(browser, before), 403);

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
    // The last letter carries two bits only: the others must be zero.
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
