import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Application } from '@curveball/kernel';
import session, { csrf, MemoryStore, SessionCookieError, SessionSizeError, SessionValueError } from '../../src/index.js';
import { Browser, setCookies } from '../support/browser.js';
import { errorsToStatus, type Page, pageOf, site } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/leave': ctx => ctx.flash('notice', ctx.query.text ?? 'Saved'),
  '/show': async ctx => (await ctx.flashes()).map(({ kind, message }) => [kind, message]),
  '/plain': () => 'a picture',
  '/read': ctx => JSON.stringify(ctx.session),
  '/sign-in': ctx => {
    ctx.session = { userId: ctx.query.as ?? 'ada' };
  },
  '/sign-out': ctx => {
    ctx.session = null;
  },
};

const flashIn = (browser: Browser) => [...browser.cookies].filter(([name, value]) => /^\w+-flash/.test(name) && value !== '');

const shown = async (browser: Browser, headers: Record<string, string> = {}) => (await browser.get('/show', { headers })).body;

describe('A message of ctx.flash()', () => {

  it('is shown by the next page that asks, once', async () => {

    const { browser, store } = site(PAGES);
    await browser.get('/leave');
    assert.equal(store.store.size, 1);
    assert.deepEqual(await shown(browser), [['notice', 'Saved']]);
    assert.deepEqual(await shown(browser), []);
    assert.deepEqual([store.store.size, browser.cookies.size], [0, 0]);

  });

  it('costs a visitor no session, and a request without messages nothing', async () => {

    const { browser } = site(PAGES);
    await browser.get('/leave');
    assert.equal(browser.cookies.has('CB'), false);
    const response = await new Browser(browser.app).get('/plain');
    assert.deepEqual([setCookies(response), response.headers.get('Cache-Control'), response.headers.get('Vary')], [[], null, null]);

  });

  it('calls no store for a page that asks without a cookie, which depends on the cookie all the same', async () => {

    const store = new MemoryStore();
    store.load = () => assert.fail('the store was called');
    const { browser } = site(PAGES, { store });
    const response = await browser.get('/show');
    assert.deepEqual([response.body, response.headers.get('Cache-Control'), response.headers.get('Vary')], [[], 'private', 'Cookie']);

  });

  it('survives redirects and requests that do not ask', async () => {

    const { browser } = site(PAGES);
    await browser.get('/leave');
    for (const path of ['/plain', '/sign-in', '/plain', '/sign-out', '/read']) await browser.get(path);
    assert.deepEqual(await shown(browser), [['notice', 'Saved']]);

  });

  it('survives a sign-out and a sign-in in its own request, and is the new user\'s', async () => {

    const { browser } = site({
      ...PAGES,
      '/switch': async ctx => {
        ctx.flash('notice', 'first');
        ctx.session = null;
        await ctx.saveSession();
        ctx.session = { userId: 'bob' };
        ctx.flash('notice', 'second');
      },
    }, { user: 'userId' });
    await browser.get('/sign-in');
    await browser.get('/switch');
    const nobody = browser.clone();
    nobody.cookies.delete('CB');
    assert.deepEqual(await shown(nobody), []);
    assert.deepEqual(await shown(browser), [['notice', 'first'], ['notice', 'second']]);

  });

  it('stays for the next page if a prefetch or a HEAD request asks', async () => {

    const { browser } = site(PAGES);
    await browser.get('/leave');
    for (const [name, value] of [['Sec-Purpose', 'prefetch'], ['Sec-Purpose', 'prefetch;prerender'], ['Purpose', 'prefetch']]) {
      assert.deepEqual(await shown(browser, { [name]: value }), []);
    }
    await browser.request('HEAD', '/show');
    assert.deepEqual(await shown(browser, { 'Sec-Purpose': 'other' }), [['notice', 'Saved']]);

  });

  it('is shown by its own request, if that asks, and is not stored then', async () => {

    const { browser, store } = site({
      ...PAGES,
      '/both': async ctx => {
        ctx.flash('notice', 'now');
        const messages = await ctx.flashes();
        ctx.flash('notice', 'later');
        return messages;
      },
      '/now': ctx => {
        ctx.flash('notice', 'now');
        return ctx.flashes();
      },
    });
    assert.deepEqual((await browser.get('/now')).body, [{ kind: 'notice', message: 'now' }]);
    assert.deepEqual([store.store.size, browser.cookies.size], [0, 0]);
    assert.deepEqual((await browser.get('/both')).body, [{ kind: 'notice', message: 'now' }]);
    assert.deepEqual(await shown(browser), [['notice', 'later']]);

  });

  it('comes after those of earlier requests, in order, and any JSON comes back as it was', async () => {

    const { browser } = site({
      ...PAGES,
      '/any': ctx => {
        ctx.flash('error', { text: 'é\u2028', fields: [1, null, -0] });
        ctx.flash('__proto__', JSON.parse('{"__proto__":{"polluted":true}}'));
      },
    });
    await browser.get('/leave?text=1');
    await browser.get('/any');
    assert.deepEqual(JSON.stringify(await shown(browser)), JSON.stringify([
      ['notice', '1'], ['error', { text: 'é\u2028', fields: [1, null, -0] }], ['__proto__', JSON.parse('{"__proto__":{"polluted":true}}')],
    ]));
    assert.equal('polluted' in {}, false);

  });

  it('is what it was when it was left', async () => {

    const { browser } = site({
      ...PAGES,
      '/change': ctx => {
        const message = { text: 'before' };
        ctx.flash('notice', message);
        message.text = 'after';
      },
    });
    await browser.get('/change');
    assert.deepEqual(await shown(browser), [['notice', { text: 'before' }]]);

  });

  it('is given once even if a page asks several times at once', async () => {

    const { browser } = site({ ...PAGES, '/twice': ctx => Promise.all([ctx.flashes(), ctx.flashes()]) });
    await browser.get('/leave');
    const [first, second] = (await browser.get('/twice')).body as unknown[][];
    assert.deepEqual([first.length, second.length], [1, 0]);

  });

  it('works without its context, and is an ordinary property where no session is', async () => {

    const { browser } = site({
      ...PAGES,
      '/detached': ({ flash, flashes }) => {
        flash('notice', 'detached');
        return flashes();
      },
    });
    assert.deepEqual((await browser.get('/detached')).body, [{ kind: 'notice', message: 'detached' }]);

  });

  it('changes no session: no version, no token, no id, and is no use of it', async () => {

    const { browser, store } = site({ ...PAGES, '/token': ctx => ctx.getCsrf() });
    await browser.get('/sign-in');
    const id = browser.cookies.get('CB') as string;
    const token = (await browser.get('/token')).body;
    const before = store.load(id) as { version: unknown };
    await browser.get('/leave');
    await shown(browser);
    assert.deepEqual((store.load(id) as { version: unknown }).version, before.version);
    assert.equal(browser.cookies.get('CB'), id);
    assert.deepEqual((await browser.get('/token')).body, token);

  });

  it('is left by a request whose handler throws, as the changes of its session are', async () => {

    const { browser } = site({
      ...PAGES,
      '/fail': ctx => {
        ctx.flash('error', 'not found');
        throw Object.assign(new Error('no'), { httpStatus: 404 });
      },
    });
    assert.equal((await browser.get('/fail')).status, 404);
    assert.deepEqual(await shown(browser), [['error', 'not found']]);

  });

  it('is not left by a request whose session could not be changed: it would report a false success', async () => {

    const { browser, store } = site({
      ...PAGES,
      '/late': async ctx => {
        ctx.session.name = 'x';
        store.end(ctx.sessionId as string);
        ctx.flash('notice', 'Saved');
      },
    });
    await browser.get('/sign-in');
    assert.equal((await browser.get('/late')).status, 409);
    assert.deepEqual(flashIn(browser), []);

  });

  it('is not left by a request that csrf() refuses', async () => {

    const store = new MemoryStore();
    const app = new Application();
    app.use(errorsToStatus(), session({ store }), (ctx, next) => {
      ctx.flash('notice', 'refused');
      return next();
    }, csrf(), pageOf(PAGES));
    const response = await new Browser(app).post('/plain', { headers: { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' } });
    assert.deepEqual([response.status, setCookies(response), store.store.size], [403, [], 0]);

  });

  it('is gone after 300 seconds', async t => {

    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const { browser } = site(PAGES, { store: new MemoryStore() });
    await browser.get('/leave');
    t.mock.timers.tick(299_000);
    const twin = browser.clone();
    assert.deepEqual(await shown(twin), [['notice', 'Saved']]);
    await browser.get('/leave');
    t.mock.timers.tick(301_000);
    assert.deepEqual(await shown(browser), []);

  });

});

describe('The limits of ctx.flash()', () => {

  const thrown = async (page: Page) => {
    const { browser, errors } = site({ '/': page });
    await browser.get('/');
    return errors[0] as Error;
  };

  it('refuse what JSON can\'t represent, with the path', async () => {

    for (const [value, path] of [[1n, 'flash.notice'], [{ a: [() => {}] }, 'flash.notice.a[0]'], [undefined, 'flash.notice'], [Number.NaN, 'flash.notice']] as const) {
      const error = await thrown(ctx => ctx.flash('notice', value));
      assert.ok(error instanceof SessionValueError);
      assert.equal(error.path, path);
      assert.match(error.message, new RegExp(`^${path.replace(/[[\].]/g, '\\$&')} (is|contains)`));
    }

  });

  it('refuse a kind that is no short text', async () => {

    const shown = [['', /kind "":/], [1, /kind 1:/], [null, /kind null:/], [undefined, /undefined/], [{}, /an Object/], ['x'.repeat(101), /of 101 characters/], ['\ud800', /kind/]] as const;
    for (const [kind, pattern] of shown) {
      const error = await thrown(ctx => ctx.flash(kind as string, 'x'));
      assert.ok(error instanceof TypeError);
      assert.match(error.message, pattern);
    }

  });

  it('name themselves: 20 messages and 16,384 bytes', async () => {

    const many = (count: number): Page => ctx => {
      for (let each = 0; each < count; each++) ctx.flash('notice', each);
    };
    assert.equal(await thrown(many(20)), undefined);
    const tooMany = await thrown(many(21));
    assert.ok(tooMany instanceof SessionSizeError);
    assert.match(tooMany.message, /at most 20 messages/);
    const large = (bytes: number): Page => ctx => ctx.flash('n', 'x'.repeat(bytes - 3));
    assert.equal(await thrown(large(16_384)), undefined);
    assert.match((await thrown(large(16_385))).message, /16385 bytes.*at most 16384/);

  });

  it('leave a browser with at most 8 cookies, of which the oldest give way', async () => {

    const { browser } = site(PAGES);
    for (let each = 1; each <= 12; each++) {
      await browser.get(`/leave?text=${each}`);
      assert.ok(flashIn(browser).length <= 8);
    }
    assert.deepEqual(await shown(browser), [5, 6, 7, 8, 9, 10, 11, 12].map(each => ['notice', String(each)]));

  });

  it('give requests from other sites, without our cookies, one cookie in all', async () => {

    const { browser } = site(PAGES);
    const response = await browser.post('/leave', { headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' } });
    assert.match(setCookies(response)[0], /^CB-flash=/);
    assert.deepEqual(await shown(browser), [['notice', 'Saved']]);

  });

});

describe('The cookies of messages', () => {

  const line = async (options: Parameters<typeof site>[1], origin = 'http://localhost') => {
    const { browser } = site(PAGES, options);
    browser.app.origin = origin;
    return setCookies(await browser.get('/leave')).join('\n');
  };

  it('have the attributes of the session\'s, but live for 300 seconds and are HttpOnly', async () => {

    const text = await line({ cookieOptions: { path: '/', sameSite: 'strict', domain: 'example.com', httpOnly: false, maxAge: 86_400 } });
    assert.match(text, /^CB-flash-\w{8}=\w{40,}; Max-Age=300; /);
    for (const attribute of ['Path=/', 'Domain=example.com', 'SameSite=Strict', 'HttpOnly']) assert.ok(text.includes(attribute), text);
    assert.ok(!text.includes('Secure'));

  });

  it('have a prefix wherever browsers accept it', async () => {

    assert.match(await line({}, 'https://example.com'), /^__Host-CB-flash-.*; Secure/);
    assert.match(await line({ cookieName: '__Host-id', cookieOptions: { secure: true } }, 'https://example.com'), /^__Host-id-flash-/);
    assert.match(await line({ cookieName: '__Host-Http-id', cookieOptions: { secure: true } }, 'https://example.com'), /^__Host-id-flash-/);
    assert.match(await line({ cookieName: '__Secure-id', cookieOptions: { domain: 'example.com', secure: true } }, 'https://example.com'), /^__Secure-id-flash-.*Secure/);
    assert.match(await line({ cookieName: 'id', cookieOptions: { domain: 'example.com' } }, 'https://example.com'), /^id-flash-.*Secure/);

  });

  it('carry ids of any form', async () => {

    class OddStore extends MemoryStore {
      override newSessionId = () => `odd id;=é/${Math.random()}`;
      override isSessionId = () => true;
    }
    const { browser } = site(PAGES, { store: new OddStore() });
    await browser.get('/leave');
    assert.deepEqual(await shown(browser), [['notice', 'Saved']]);

  });

  it('keep a response that sets or clears them out of all caches', async () => {

    const { browser } = site(PAGES);
    for (const path of ['/leave', '/show']) {
      const response = await browser.get(path);
      assert.deepEqual([response.headers.get('Cache-Control'), response.headers.get('Vary')], ['no-store', 'Cookie']);
    }

  });

  it('stand beside all other cookies, and change none of them', async () => {

    const { browser } = site({
      ...PAGES,
      '/all': async ctx => {
        ctx.response.headers.append('Set-Cookie', 'own=1');
        ctx.session.userId = 'ada';
        ctx.flash('notice', 'x');
        await ctx.flashes();
        ctx.flash('notice', 'y');
      },
    });
    await browser.get('/leave');
    const [old] = flashIn(browser)[0];
    const names = setCookies(await browser.get('/all')).map(each => each.replace(/=.*/, ''));
    assert.deepEqual(names.map(name => (name === old ? 'old' : name.replace(/-\w{8}$/, '-…'))), ['CB', 'own', 'CB-flash-…', 'old']);
    // All cookies are one header here, so an expiry would be that of the session's cookie.
    const joined = setCookies(await browser.get('/all')).join(', ');
    assert.ok(!/Max-Age|Expires/.test(joined), joined);

  });

  it('of two middlewares are those of the innermost', async () => {

    const inner = new MemoryStore();
    const outer = new MemoryStore();
    const app = new Application();
    app.use(session({ store: outer, cookieName: 'outer' }), session({ store: inner, cookieName: 'inner' }), pageOf(PAGES));
    const browser = new Browser(app);
    await browser.get('/leave');
    assert.deepEqual([outer.store.size, inner.store.size, flashIn(browser)[0][0].startsWith('inner-flash-')], [0, 1, true]);
    assert.deepEqual(await shown(browser), [['notice', 'Saved']]);

  });

  it('can\'t be sent to paths that they do not cover, nor when the middleware is done', async () => {

    const { browser, errors } = site(PAGES, { cookieOptions: { path: '/area' } });
    await browser.get('/leave');
    assert.ok(errors[0] instanceof SessionCookieError);
    assert.deepEqual(await shown(browser), []);

    const app = new Application();
    const late: unknown[] = [];
    app.use(errorsToStatus(late), async (ctx, next) => {
      await next();
      ctx.flash('notice', 'late');
    }, session({ store: new MemoryStore() }), pageOf(PAGES));
    await new Browser(app).get('/plain');
    assert.ok(late[0] instanceof SessionCookieError);

  });

});

describe('With the option `user`, a message', () => {

  it('of a user is shown to no one else, and goes when another user asks', async () => {

    const { browser } = site(PAGES, { user: 'userId' });
    await browser.get('/sign-in');
    await browser.get('/leave');
    await browser.get('/sign-out');
    assert.deepEqual(await shown(browser), []);
    await browser.get('/sign-in');
    assert.deepEqual(await shown(browser), [['notice', 'Saved']]);
    await browser.get('/leave');
    await browser.get('/sign-out');
    await browser.get('/sign-in?as=bob');
    assert.deepEqual(await shown(browser), []);
    assert.deepEqual(flashIn(browser), []);

  });

  it('is shown once to requests with the ids from before and after a renewal', async t => {

    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const { browser } = site({ ...PAGES, '/read': ctx => ctx.session.userId }, { user: 'userId', renewal: 60, grace: 30, store: new MemoryStore() });
    await browser.get('/sign-in');
    await browser.get('/leave');
    const late = browser.clone();
    t.mock.timers.tick(100_000);
    await browser.get('/read');
    assert.notEqual(browser.cookies.get('CB'), late.cookies.get('CB'));
    assert.equal((await late.get('/read')).body, 'ada', 'the former id leads to the session');
    assert.deepEqual(await shown(late), [['notice', 'Saved']]);
    assert.deepEqual(await shown(browser), []);

  });

  it('of a sign-out is shown to whoever comes next', async () => {

    const { browser } = site({
      ...PAGES,
      '/bye': ctx => {
        ctx.flash('notice', 'Bye');
        ctx.session = null;
      },
    }, { user: 'userId' });
    await browser.get('/sign-in');
    await browser.get('/bye');
    assert.deepEqual(await shown(browser), [['notice', 'Bye']]);

  });

  it('of a sign-in is the user\'s, also if the same request shows it', async () => {

    const { browser } = site({
      ...PAGES,
      '/in': ctx => {
        ctx.session = { userId: 'ada' };
        ctx.flash('notice', 'Hello');
      },
    }, { user: 'userId' });
    await browser.get('/in');
    assert.deepEqual(await shown(browser), [['notice', 'Hello']]);

  });

});

describe('While the store fails', () => {

  const failing = () => {
    const store = new MemoryStore();
    const { browser, errors } = site(PAGES, { store });
    const fail = (method: 'load' | 'end' | 'create') => {
      const real = store[method];
      store[method] = () => {
        throw new Error('down');
      };
      return () => {
        store[method] = real as never;
      };
    };
    return { browser, errors, fail };
  };

  it('a page that asks goes on, and the messages stay for the next', async () => {

    const { browser, fail } = failing();
    await browser.get('/leave');
    for (const method of ['load', 'end'] as const) {
      const restore = fail(method);
      const response = await browser.get('/show');
      assert.deepEqual([response.status, response.body, setCookies(response)], [200, [], []]);
      restore();
    }
    assert.deepEqual(await shown(browser), [['notice', 'Saved']]);

  });

  it('a request that leaves one gets 503, beside the cookie of a session that was stored', async () => {

    const store = new MemoryStore();
    const { browser } = site({
      '/': ctx => {
        ctx.session.userId = 'ada';
        ctx.flash('notice', 'x');
      },
    }, { store });
    const create = store.create.bind(store);
    let calls = 0;
    store.create = (...args) => {
      if (++calls === 2) throw new Error('down');
      return create(...args);
    };
    const response = await browser.get('/');
    assert.deepEqual([response.status, setCookies(response).map(line => line.slice(0, 3))], [503, ['CB=']]);

  });

});
