import { deepStrictEqual, doesNotThrow, match, notStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import { describe, it, mock } from 'node:test';
import { SessionStoreError, SessionValueError } from '../../src/index.js';
import { type ExpressSessionStore, ExpressStore } from '../../src/stores/express-store.js';
import { idOf, setCookies } from '../support/browser.js';
import { settled } from '../support/events.js';
import { inFakeTime } from '../support/fake-time.js';
import { PAGES } from '../support/pages.js';
import { site } from '../support/site.js';

// biome-ignore lint/suspicious/noExplicitAny: a store may get anything
type Any = any;
type Callback = (error?: unknown, session?: unknown) => void;

const ExpressCookie = createRequire(import.meta.url)('express-session/session/cookie.js');

/** An hour from now, as a Unix timestamp. */
const later = () => Math.floor(Date.now() / 1000) + 3600;

/** A store for express-session that keeps what it gets, and answers at once. */
class PlainStore {

  readonly sessions = new Map<string, Any>();

  get(sid: string, callback: Callback): unknown {
    return callback(null, this.sessions.get(sid));
  }

  set(sid: string, session: Any, callback: Callback): unknown {
    this.sessions.set(sid, session);
    return callback(null);
  }

  destroy(sid: string, callback: Callback): unknown {
    this.sessions.delete(sid);
    return callback(null);
  }

}

/** The key and the session of a store that keeps exactly one. */
function onlyOf(store: PlainStore): [string, Any] {

  strictEqual(store.sessions.size, 1);
  return [...store.sessions][0];

}

function wrapped(methods: Partial<Record<keyof ExpressSessionStore, unknown>> = {}) {

  const store = Object.assign(new PlainStore(), methods as object);
  return { store, wrapper: new ExpressStore(store) };

}

describe('What ExpressStore passes to an express-session store', () => {

  it('has a hash of the id as its key, which is not an id, fits where ids of express-session do, and is safe as a file name', async () => {

    const { store, wrapper } = wrapped();
    const id = wrapper.newSessionId();
    await wrapper.set(id, { userId: 5 }, later());
    const [key, session] = onlyOf(store);
    match(key, /^[0-9a-f]{32}$/);
    ok(!JSON.stringify([key, session]).includes(id));
    strictEqual(await wrapper.get(key), null, 'the stored key opens no session');
    deepStrictEqual(await wrapper.get(id), { userId: 5 });
    await wrapper.delete(id);
    strictEqual(store.sessions.size, 0);

  });

  it('has a cookie that reads like one of express-session', async () => {

    const { store, wrapper } = wrapped();
    const expire = later();
    await wrapper.set('id', {}, expire);
    const { cookie } = onlyOf(store)[1];
    const theirs = new ExpressCookie({ expires: cookie.expires });
    strictEqual(cookie.expires.getTime(), (expire + 1) * 1000, 'the last second counts, as in the memory store');
    ok(cookie.expires instanceof Date && cookie._expires instanceof Date);
    for (const milliseconds of [cookie.maxAge, cookie.originalMaxAge]) {
      ok(Number.isInteger(milliseconds) && milliseconds > 3_595_000 && milliseconds <= 3_601_000, `${milliseconds}`);
    }
    deepStrictEqual(Object.keys(cookie).sort(), Object.keys(theirs).sort());
    deepStrictEqual(JSON.parse(JSON.stringify(cookie)), {
      ...JSON.parse(JSON.stringify(theirs)), originalMaxAge: cookie.originalMaxAge,
    });

  });

  it('has a cookie whose remaining time decreases, and which a store may change', async t => {

    t.after(() => mock.timers.reset());
    mock.timers.enable({ apis: ['Date'], now: 1_000_000_000_000 });
    const { store, wrapper } = wrapped();
    await wrapper.set('id', {}, 1_000_000_099);
    const { cookie } = onlyOf(store)[1];
    strictEqual(cookie.maxAge, 100_000);
    mock.timers.setTime(1_000_000_040_000);
    strictEqual(cookie.maxAge, 60_000);
    strictEqual(cookie.originalMaxAge, 100_000);
    cookie.maxAge = 5000;
    strictEqual(cookie.expires.getTime(), 1_000_000_045_000);
    cookie.expires = new Date(1_000_000_050_000);
    strictEqual(cookie.maxAge, 10_000);
    strictEqual(JSON.parse(JSON.stringify(cookie)).expires, '2001-09-09T01:47:30.000Z');

  });

  it('has all values in one ASCII text without control characters', async () => {

    const { store, wrapper } = wrapped();
    const values = { é: '\ud800 😀 \0 \u007f', n: -0, 'a.b': { $c: [1e308, ''] } };
    await wrapper.set('id', values, later());
    const { values: text } = onlyOf(store)[1];
    match(text, /^[\x20-\x7e]*$/);
    deepStrictEqual(JSON.parse(text), values);

  });

  it('never includes values that can\'t be stored: they are refused before the store is called', async () => {

    const { store, wrapper } = wrapped();
    await rejects(wrapper.set('id', { a: { b: 1n } }, later()), (error: unknown) => {
      ok(error instanceof SessionValueError);
      strictEqual(error.path, 'session.a.b');
      return true;
    });
    strictEqual(store.sessions.size, 0);

  });

  it('is a new object for each call, so that a store may add to it', async () => {

    const { store, wrapper } = wrapped();
    const values = { cookie: 'mine', __lastAccess: 'mine', lastModified: 'mine', values: 'mine' };
    await wrapper.set('id', values, later());
    Object.assign(onlyOf(store)[1], { __lastAccess: 5, lastModified: 6, id: 7 });
    deepStrictEqual(await wrapper.get('id'), values);

  });

});

describe('The answer of an express-session store', () => {

  it('may come by callback, at once or later, and the method is called on its store', async () => {

    for (const answer of [(tell: () => void) => tell(), setImmediate, (tell: () => void) => Promise.resolve().then(tell)]) {
      const { wrapper } = wrapped({
        get(this: PlainStore, sid: string, callback: Callback) { answer(() => callback(null, this.sessions.get(sid))); },
        set(this: PlainStore, sid: string, session: Any, callback: Callback) {
          answer(() => {
            this.sessions.set(sid, session);
            callback();
          });
        },
        destroy(this: PlainStore, sid: string, callback: Callback) {
          answer(() => {
            this.sessions.delete(sid);
            callback(undefined);
          });
        },
      });
      strictEqual(await wrapper.get('id'), null);
      await wrapper.set('id', { n: 1 }, later());
      deepStrictEqual(await wrapper.get('id'), { n: 1 });
      await wrapper.delete('id');
      strictEqual(await wrapper.get('id'), null);
    }

  });

  it('may come by promise, from a method without a callback', async () => {

    const { wrapper } = wrapped({
      async get(this: PlainStore, sid: string) { return this.sessions.get(sid); },
      set(this: PlainStore, sid: string, session: Any) {
        // A promise that is not one of JavaScript's own.
        // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable
        return { then: (done: () => void) => { this.sessions.set(sid, session); done(); } };
      },
      async destroy(this: PlainStore, sid: string) { this.sessions.delete(sid); },
    });
    strictEqual(await wrapper.get('id'), null);
    await wrapper.set('id', { n: 1 }, later());
    deepStrictEqual(await wrapper.get('id'), { n: 1 });
    await wrapper.delete('id');
    strictEqual(await wrapper.get('id'), null);

  });

  it('counts once from a method that uses a callback and a promise', async () => {

    const { wrapper } = wrapped({
      async get(this: PlainStore, sid: string, callback?: Callback) {
        const session = this.sessions.get(sid);
        callback?.(null, session);
        return session;
      },
      async set(this: PlainStore, sid: string, session: Any, callback?: Callback) {
        this.sessions.set(sid, session);
        callback?.(null, null);
      },
    });
    await wrapper.set('id', { n: 1 }, later());
    deepStrictEqual(await wrapper.get('id'), { n: 1 });

  });

  it('is that of the callback if the promise of the same method is resolved first', async () => {

    const { store, wrapper } = wrapped({
      async get(this: PlainStore, sid: string, callback: Callback) { setImmediate(() => callback(null, this.sessions.get(sid))); },
      async set(this: PlainStore, sid: string, session: Any, callback: Callback) {
        setImmediate(() => {
          this.sessions.set(sid, session);
          callback();
        });
        return this;
      },
      async destroy(_sid: string, callback: Callback) { setImmediate(() => callback(new Error('read only'))); },
    });
    await wrapper.set('id', { n: 1 }, later());
    strictEqual(store.sessions.size, 1, 'it was stored when the promise was fulfilled');
    deepStrictEqual(await wrapper.get('id'), { n: 1 });
    await rejects(wrapper.delete('id'), /read only/);

  });

  it('does not execute a query again that starts with each call of then()', async () => {

    let started = 0;
    const { wrapper } = wrapped({
      get(_sid: string, callback: Callback) {
        setImmediate(callback, null, null);
        const start = () => {
          started++;
          throw new Error('Query was already executed');
        };
        // biome-ignore lint/suspicious/noThenProperty: queries of knex and mongoose have one
        return { then: start, catch: start };
      },
    });
    strictEqual(await wrapper.get('id'), null);
    strictEqual(started, 0);

  });

  it('is an error however the store fails', async () => {

    const lost = new Error('connection lost');
    const failures: Record<string, (...args: Any[]) => unknown> = {
      'a callback': (...args) => args.at(-1)(lost),
      'a throw': () => { throw lost; },
      'a promise without a callback': async () => { throw lost; },
      'a promise beside a callback': async (_a, _b, _c) => { throw lost; },
      'a callback, and then a promise': async (...args) => {
        args.at(-1)(lost);
        throw lost;
      },
    };
    for (const [how, fail] of Object.entries(failures)) {
      const { wrapper } = wrapped({ get: fail, set: fail, destroy: fail });
      for (const call of [() => wrapper.get('id'), () => wrapper.set('id', {}, later()), () => wrapper.delete('id')]) {
        await rejects(call, error => error === lost, how);
      }
    }
    // A rejection after the answer must not end the process either.
    await settled();

  });

  it('is the first one if a store answers twice', async () => {

    const { wrapper } = wrapped({
      get(_sid: string, callback: Callback) {
        callback(new Error('first'));
        callback(null, null);
      },
      set(_sid: string, _session: Any, callback: Callback) {
        callback();
        callback(new Error('second'));
      },
    });
    await rejects(wrapper.get('id'), /first/);
    await wrapper.set('id', {}, later());

  });

  it('means "no session" if it is "no such file", and fails if it is "no such host"', async () => {

    const failing = (error: object) => wrapped({
      get: (_sid: string, callback: Callback) => callback(error),
      set: (_sid: string, _session: Any, callback: Callback) => callback(error),
      destroy: (_sid: string, callback: Callback) => callback(error),
    }).wrapper;
    const file = failing(Object.assign(new Error('no file'), { code: 'ENOENT', syscall: 'open' }));
    strictEqual(await file.get('id'), null);
    await file.delete('id');
    await rejects(file.set('id', {}, later()), /no file/);
    const socket = failing(Object.assign(new Error('no socket'), { code: 'ENOENT', syscall: 'connect' }));
    await rejects(socket.get('id'), /no socket/);
    await rejects(socket.delete('id'), /no socket/);

  });

});

describe('What an express-session store returns', () => {

  /** The values that the wrapper reads from a session that the store returns in another form. */
  async function read(change: (session: Any) => unknown): Promise<unknown> {

    const { store, wrapper } = wrapped();
    await wrapper.set('id', { n: 1 }, later());
    const [key, session] = onlyOf(store);
    store.sessions.set(key, change(session));
    return wrapper.get('id');

  }

  it('may be a copy that was JSON, or the object that the store was given', async () => {

    deepStrictEqual(await read(session => session), { n: 1 });
    deepStrictEqual(await read(session => JSON.parse(JSON.stringify(session))), { n: 1 });
    deepStrictEqual(await read(session => ({ ...session, cookie: session.cookie.toJSON() })), { n: 1 });
    deepStrictEqual(await read(session => structuredClone(session)), { n: 1 });
    deepStrictEqual(await read(({ values }) => ({ values })), { n: 1 }, 'a store that drops the cookie knows its own expiry');

  });

  it('is no session once it has expired, even if the store does not check', async () => {

    for (const form of [
      (session: Any) => session,
      (session: Any) => JSON.parse(JSON.stringify(session)),
      (session: Any) => structuredClone(session),
    ]) {
      strictEqual(await read(session => {
        session.cookie.expires = new Date(Date.now() - 1);
        return form(session);
      }), null);
    }

  });

  it('lives until the end of its last second', async t => {

    t.after(() => mock.timers.reset());
    mock.timers.enable({ apis: ['Date'], now: 1_000_000_000_000 });
    const { wrapper } = wrapped();
    await wrapper.set('id', { n: 1 }, 1_000_000_010);
    mock.timers.setTime(1_000_000_010_999);
    deepStrictEqual(await wrapper.get('id'), { n: 1 });
    mock.timers.setTime(1_000_000_011_000);
    strictEqual(await wrapper.get('id'), null);

  });

  it('is an error if ExpressStore did not write it, and no session if it is empty', async () => {

    const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' };
    for (const none of [undefined, null, '', false]) strictEqual(await read(() => none), null);
    for (const other of [
      'text', 5, true, {}, [], { cookie, userId: 5 }, { cookie, values: null },
      { cookie, values: { a: 1 } }, { cookie, values: '' }, { cookie, values: '{"a":' }, { cookie, values: '[1]' },
      { cookie, values: 'null' }, { cookie, values: '5' }, { cookie: null, values: 5 }, { cookie, values: '{"a":1e400}' },
      { cookie, values: `{"a":[${'9'.repeat(400)}]}` },
    ]) {
      await rejects(read(() => other), SessionStoreError, JSON.stringify(other));
    }

  });

  it('is no session if its expiry is not a time', async () => {

    for (const expires of ['x', '', Number.NaN, {}, [], -1, Number.POSITIVE_INFINITY]) {
      strictEqual(await read(({ values }) => ({ cookie: { expires }, values })), null, String(expires));
    }

  });

});

describe('An `error` event of an express-session store', () => {

  const emitter = () => Object.assign(new EventEmitter(), {
    get: (_sid: string, callback: Callback) => callback(),
    set: (_sid: string, _session: unknown, callback: Callback) => callback(),
    destroy: (_sid: string, callback: Callback) => callback(),
  });

  it('becomes one warning if the application does not listen, and does not end the process', async () => {

    const store = emitter();
    new ExpressStore(store);
    new ExpressStore(store);
    strictEqual(store.listenerCount('error'), 1);
    const warning = once(process, 'warning');
    doesNotThrow(() => store.emit('error', new Error('connection lost')));
    const [{ message, code }] = await warning;
    match(message, /The session store reports: Error: connection lost/);
    strictEqual(code, 'SESSION_STORE');

  });

  it('is left to the application if it listens', async t => {

    const warnings = t.mock.method(process, 'emitWarning', () => {});
    const store = emitter();
    const heard: unknown[] = [];
    store.on('error', error => heard.push(error));
    new ExpressStore(store);
    store.emit('error', 'lost');
    deepStrictEqual(heard, ['lost']);
    strictEqual(warnings.mock.callCount(), 0);

  });

  it('is left to the application also on a store that passes its listeners to another emitter', async () => {

    // As connect-mongodb-session does: its own count of listeners stays 0.
    const inner = new EventEmitter();
    const store = Object.assign(emitter(), { on: (event: string, listener: () => void) => { inner.on(event, listener); } });
    new ExpressStore(store);
    const warning = once(process, 'warning');
    inner.emit('error', new Error('no primary'));
    match((await warning)[0].message, /no primary/);

  });

});

describe('Anything but an express-session store', () => {

  it('is refused with the name of what it lacks', () => {

    class NoDestroy {
      get() {}
      set() {}
    }
    const refused: Array<[unknown, RegExp]> = [
      [undefined, /^TypeError: store is undefined: it must be a store for express-session, with get\(\), set\(\) and destroy\(\)$/],
      [null, /store is null/],
      ['redis', /store is "redis"/],
      [PlainStore, /store is the function PlainStore: it must be a store, which `new` makes of a class/],
      [{}, /store\.get is undefined: a store for express-session must have this method/],
      [new NoDestroy(), /store\.destroy is undefined/],
      [{ get() {}, set: 5, destroy() {} }, /store\.set is number/],
    ];
    for (const [store, message] of refused) {
      throws(() => new ExpressStore(store as ExpressSessionStore), (error: unknown) => {
        ok(error instanceof TypeError);
        match(String(error), message);
        return true;
      });
    }

  });

});

describe('An express-session store behind the middleware', () => {

  it('that never answers counts as failed: requests get 503 in time, and the cookie stays', () => inFakeTime(async () => {

    const store = new PlainStore();
    const { browser, errors } = site(PAGES, { store: new ExpressStore(store) });
    strictEqual((await browser.get('/create')).status, 200);
    const id = idOf(browser);
    // A store that has lost its connection waits for the next one.
    Object.assign(store, { get: (_sid: string, _callback: Callback) => {} });
    const response = await browser.get('/read');
    strictEqual(response.status, 503);
    deepStrictEqual(setCookies(response), []);
    ok(errors[0] instanceof SessionStoreError);
    Object.assign(store, { get: PlainStore.prototype.get });
    strictEqual(idOf(browser), id);
    deepStrictEqual((await browser.get('/read')).body, { userId: 5 });

  }));

  it('that emits "disconnect" is called all the same: a failure is no sign-out', async () => {

    const store = Object.assign(new EventEmitter(), {
      get: (_sid: string, callback: Callback) => callback(new Error('not connected')),
      set: (_sid: string, _session: unknown, callback: Callback) => callback(),
      destroy: (_sid: string, callback: Callback) => callback(),
    });
    const { browser } = site(PAGES, { store: new ExpressStore(store) });
    store.emit('disconnect');
    browser.cookies.set('CB', 'x'.repeat(43));
    strictEqual((await browser.get('/read')).status, 503);
    strictEqual((await browser.get('/create')).status, 503);

  });

  it('stores a session under a new key with each new id, and keeps nothing under the old one', async () => {

    const store = new PlainStore();
    const { browser } = site(PAGES, { store: new ExpressStore(store) });
    await browser.get('/create');
    const [before] = onlyOf(store);
    await browser.get('/new-id');
    const [after] = onlyOf(store);
    notStrictEqual(after, before);
    await browser.get('/end');
    strictEqual(store.sessions.size, 0);

  });

});
