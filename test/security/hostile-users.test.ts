import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MemoryStore, type SessionStore, SessionValueError, UserSessions } from '../../src/index.js';
import { Browser, idOf, setCookies } from '../support/browser.js';
import { type AnyStore, EVERY_STORE } from '../support/every-store.js';
import { type Page, type Site, site } from '../support/site.js';

const PROTOTYPE = Object.getOwnPropertyNames(Object.prototype);

/** Users with almost the same names, or names with a meaning elsewhere. */
const USERS: readonly string[] = [
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'a}b{c', '{a}', '}', '*', '?', '[a]', 'a:b', '\r\n', 'a\r\nSet-Cookie: b=c', '\0', 'a\0', 'a', 'A', 'a ', ' a', 'a\t', '😀', '😀😀', '\u00e9', 'e\u0301',
  'ﬁ', 'fi', 'ß', 'ss', 'ı', 'i', 'İ', 'I', '\ud800', '\udc00', '\ufffd', 'null', 'undefined', 'true', '0', '1', '01', '1.0', '%', '_', '\'', '"', '\\', '\'; DROP TABLE sessions; --',
  'x'.repeat(1_000_000), `${'x'.repeat(999_999)}y`, '😀'.repeat(100_000), '\0'.repeat(100_000),
];

/** Labels that a device may come with. */
const LABELS: readonly string[] = [
  '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '\u001b[31mred\u001b[0m', '\u001b]0;title\u0007', 'a\r\nSet-Cookie: CB=x', '\0', '\u202eevil', '{"admin":true}', '\\u0000', '\ud800', '😀', '',
  '__proto__', 'x'.repeat(10_000), '😀'.repeat(5_000), `${'x'.repeat(99)}😀`, '\u0301'.repeat(10_000),
];

/** The listed label: a hundred characters, and no half of a character of two. */
const cut = (label: string) => label.slice(0, 100).replace(/[\ud800-\udbff]$/, '');

/** The data that the handlers put into the session. */
let given: { user?: unknown; metadata?: Record<string, string> } = {};

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => {
    ctx.session.user = given.user;
    if (given.metadata) ctx.authenticated({ metadata: given.metadata });
  },
  '/write': ctx => { ctx.session.note = 'kept'; },
  '/count': ctx => {
    ctx.session.count = (ctx.session.count ?? 0) + 1;
    ctx.sessionId = null;
  },
  '/more': ctx => {
    ctx.session.user = given.user;
    ctx.session.more = 1;
  },
  '/rotate': ctx => { ctx.sessionId = null; },
  '/read': ctx => ({ ...ctx.session }),
};

for (const [kind, open] of Object.entries(EVERY_STORE)) {

  describe(`Users of any name, in ${kind}`, () => {

    let opened: AnyStore;
    let there: Site<SessionStore>;
    let sessions: UserSessions;

    before(async () => {
      opened = await open('hostile_users');
      there = site<SessionStore>(PAGES, { store: opened.store, user: 'user' });
      sessions = new UserSessions(opened.store);
    });
    after(() => opened.close());

    async function signIn(user: string, metadata?: Record<string, string>): Promise<Browser> {

      const browser = new Browser(there.app);
      given = { user, ...metadata && { metadata } };
      const answer = await browser.get('/sign-in');
      strictEqual(answer.status, 200, String(there.errors.at(-1)).slice(0, 200));
      const headers = JSON.stringify(answer.headers.getAll());
      if (metadata?.device && metadata.device.length > 2) ok(!headers.includes(metadata.device.slice(0, 50)), 'A label is in a header');
      return browser;

    }

    it('have sessions of their own, and each is ended alone', async () => {

      const browsers = [];
      for (const user of USERS) browsers.push(await signIn(user));
      for (const browser of browsers) await browser.get('/rotate');
      const handles = [];
      for (const [index, user] of USERS.entries()) {
        deepStrictEqual((await (browsers[index] as Browser).get('/read')).body as unknown, { user });
        const [one, ...others] = await sessions.list(user);
        deepStrictEqual([typeof one?.handle, others], ['string', []], JSON.stringify(user.slice(0, 30)));
        handles.push(one?.handle as string);
      }
      strictEqual(new Set(handles).size, USERS.length);
      for (const [index, user] of USERS.entries()) {
        const next = (index + 1) % USERS.length;
        strictEqual(await sessions.end(user, handles[next] as string), false, 'The session of another was ended');
        strictEqual(await sessions.endAll(user), 1, JSON.stringify(user.slice(0, 30)));
        deepStrictEqual((await (browsers[index] as Browser).get('/read')).body, {});
        if (index + 1 < USERS.length) deepStrictEqual((await (browsers[next] as Browser).get('/read')).body as unknown, { user: USERS[next] });
      }
      deepStrictEqual(Object.getOwnPropertyNames(Object.prototype), PROTOTYPE);

    });

    it('have labels of any text, which stay text, are cut, and get into no header', async () => {

      for (const [index, device] of LABELS.entries()) {
        const browser = await signIn(`user ${index}`, { device, ['__proto__']: 'x' });
        await browser.get('/rotate');
        const [one] = await sessions.list(`user ${index}`);
        deepStrictEqual(Object.entries(one?.metadata ?? {}), [['device', cut(device)], ['__proto__', 'x']]);
      }
      deepStrictEqual(Object.getOwnPropertyNames(Object.prototype), PROTOTYPE);

    });

    it('have no text in the store that works as a cookie', async () => {

      const browsers = [await signIn('ada', { device: 'phone' }), await signIn('bob')];
      await browsers[0]?.get('/rotate');
      const ids = browsers.map(browser => idOf(browser));
      const kept = await opened.kept();
      const handles = (await sessions.list('ada')).map(({ handle }) => handle);
      const words = [...kept, ...handles].flatMap(text => [text, ...text.split(/[\s:;,"]+/), ...text.match(/[\w-]{16,}/g) ?? []]);
      // A handle, and any text as long as the secret after it.
      const joined = handles.flatMap(handle => words.filter(word => /^[\w-]{43}$/.test(word)).flatMap(word => [handle + word, handle + word.replace(/\W|_/g, '0')]));
      const candidates = new Set([...words, ...joined].filter(word => word !== '' && word.length < 1000));
      ok(candidates.size >= handles.length);
      for (const candidate of candidates) {
        for (const value of new Set([candidate, encodeURIComponent(candidate)])) {
          ok(!ids.includes(value), 'An id is in the store');
          const { status, body } = await new Browser(there.app).get('/read', { headers: { Cookie: `CB=${value}` } });
          deepStrictEqual([status, body], [200, {}]);
        }
      }

    });

  });

}

describe('An invalid user', () => {

  class Account { id = 5; }

  const NONE: readonly unknown[] = [
    0, -0, Number.NaN, Infinity, -Infinity, true, false, 10n, Symbol('ada'), {}, { id: 5 }, Object.create(null), [], ['ada'], new Account(), new Date(0), new Map(), () => 'ada', async () => 'ada', Promise.resolve('ada'), new String('ada'),
    new Proxy({}, {}),
  ];

  it('is refused with an error that says why, and what is stored stays', async () => {

    const store = new MemoryStore();
    const { browser, errors } = site(PAGES, { store, user: values => values.count === undefined ? null : given.user as string });
    given = {};
    await browser.get('/write');
    const before = browser.cookies.get('CB');
    for (const user of NONE) {
      given = { user };
      const answer = await browser.get('/count');
      deepStrictEqual([answer.status, setCookies(answer)], [500, []]);
      const error = errors.at(-1);
      ok(error instanceof SessionValueError);
      match(error.message, /^The user of the session is .+: it must be a text, a number other than 0, null or undefined$/);
    }
    given = {};
    deepStrictEqual((await browser.get('/read')).body, { note: 'kept' });
    strictEqual(browser.cookies.get('CB'), before);

  });

  it('is refused as the value of a key, too', async () => {

    const { browser, errors } = site(PAGES, { user: 'user' });
    await browser.get('/write');
    for (const user of NONE) {
      given = { user };
      const answer = await browser.get('/more');
      deepStrictEqual([answer.status, setCookies(answer)], [500, []]);
      ok(errors.at(-1) instanceof SessionValueError);
      deepStrictEqual((await browser.get('/read')).body, { note: 'kept' });
    }

  });

  it('is no user if the value is missing', async () => {

    const { browser, store } = site(PAGES, { user: 'user' });
    for (const user of ['', null, undefined]) {
      given = { user };
      strictEqual((await browser.get('/more')).status, 200);
      strictEqual((await browser.get('/rotate')).status, 200);
    }
    for (const entry of store.store.values()) ok(!JSON.stringify(entry).includes('"user":"'));

  });

  it('is the error of a function that throws, and what is stored stays', async () => {

    const problem = new Error('no account');
    const { browser, errors } = site(PAGES, { user: () => {
      if (given.user === 'throw') throw problem;
      return 'ada';
    } });
    given = {};
    await browser.get('/write');
    given = { user: 'throw' };
    const answer = await browser.get('/count');
    deepStrictEqual([answer.status, setCookies(answer), errors.at(-1) === problem], [500, [], true]);
    given = {};
    deepStrictEqual((await browser.get('/read')).body, { note: 'kept' });

  });

});
