import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore } from '../../src/index.js';
import { type Browser, idOf, setCookies } from '../support/browser.js';
import { deferred } from '../support/events.js';
import { MapStore } from '../support/map-store.js';
import { RecordingStore } from '../support/recording-store.js';
import { site } from '../support/site.js';
import { TakeStore } from '../support/take-store.js';

/*
 * What one handler does in several steps, and what it and other requests store in
 * between.
 */

describe('A request that stores in several steps', () => {

  it('counts on from its own count, although an update that changed nothing ended after it', async () => {

    for (const store of [new MemoryStore(), new RecordingStore()]) {
      const { browser } = site({
        '/start': ctx => { ctx.session = { n: 0 }; },
        '/count': ctx => ctx.updateSession(values => { values.n++; }),
        '/page': async ctx => {
          const held = deferred();
          const reading = ctx.updateSession(() => held.promise);
          await ctx.updateSession(values => { values.n++; });
          held.resolve();
          await reading;
          await other.get('/count');
          await other.get('/count');
        },
        '/read': ctx => ({ ...ctx.session }),
      }, { store });
      await browser.get('/start');
      const other: Browser = browser.clone();
      strictEqual((await browser.get('/page')).status, 200);
      deepStrictEqual((await browser.get('/read')).body, { n: 3 });
    }

  });

  it('keeps its new id, although an update that changed nothing ended after the move', async () => {

    const { browser } = site({
      '/start': ctx => { ctx.session = { user: 1 }; },
      '/page': async ctx => {
        const held = deferred();
        const reading = ctx.updateSession(() => held.promise);
        ctx.sessionId = null;
        await ctx.saveSession();
        const moved = ctx.sessionId;
        held.resolve();
        await reading;
        return { moved, now: ctx.sessionId };
      },
    });
    await browser.get('/start');
    const before = idOf(browser);
    const { moved, now } = (await browser.get('/page')).body as { moved: string; now: string };
    strictEqual(now, moved);
    notStrictEqual(now, before);

  });

  it('ends the session that it cleared, although others added to it while it updated', async () => {

    const { browser, store } = site({
      '/start': ctx => { ctx.session = { user: 1 }; },
      '/add': ctx => { ctx.session.cart = 1; },
      '/out': async ctx => {
        ctx.session = null;
        let added = false;
        await ctx.updateSession(async () => {
          if (!added) await other.get('/add');
          added = true;
        });
      },
    });
    await browser.get('/start');
    const other = browser.clone();
    const id = idOf(browser);
    const [cookie] = setCookies(await browser.get('/out'));
    ok(cookie.startsWith('CB=;'), cookie);
    strictEqual(await store.get(id), null);

  });

  it('gets the new id that it asked for while an update was under way', async () => {

    const { browser, store } = site({
      '/start': ctx => { ctx.session = { user: 'ann' }; },
      '/sign-in': async ctx => {
        const updating = ctx.updateSession(values => { values.attempts = 0; });
        ctx.sessionId = null;
        ctx.session.user = 'bob';
        await updating;
      },
    });
    await browser.get('/start');
    const before = idOf(browser);
    strictEqual((await browser.get('/sign-in')).status, 200);
    notStrictEqual(idOf(browser), before);
    strictEqual(await store.get(before), null);
    deepStrictEqual(await store.get(idOf(browser)), { user: 'bob', attempts: 0 });

  });

  it('clears no cookie for a session that it created itself: the browser may have another by now', async () => {

    const { browser, store } = site({
      '/page': async ctx => {
        ctx.response.headers.set('Set-Cookie', 'theme=dark');
        await ctx.updateSession(values => { values.a = 1; });
        ctx.session = null;
      },
    });
    const response = await browser.get('/page');
    deepStrictEqual(setCookies(response), ['theme=dark']);
    strictEqual(store.store.size, 0);

  });

  it('gets 409 at its end, too, if it swallowed the 409 of a move', async () => {

    const { browser } = site({
      '/start': ctx => { ctx.session = { user: 1 }; },
      '/out': ctx => { ctx.session = null; },
      '/move': async ctx => {
        await other.get('/out');
        ctx.sessionId = null;
        await ctx.saveSession().catch(() => {});
      },
    }, { store: new TakeStore() });
    await browser.get('/start');
    const other = browser.clone();
    strictEqual((await browser.get('/move')).status, 409);

  });

  it('still sends its cookie if the handler replaces the header afterwards', async () => {

    const { browser } = site({
      '/start': async ctx => {
        ctx.session = { user: 1 };
        await ctx.saveSession();
        ctx.response.headers.set('Set-Cookie', 'theme=dark');
        ctx.response.headers.set('Cache-Control', 'public, max-age=60');
      },
    });
    const response = await browser.get('/start');
    const cookies = response.headers.getMany('Set-Cookie');
    deepStrictEqual(cookies.map(cookie => cookie.split('=')[0]), ['CB', 'theme']);
    strictEqual(response.headers.get('Cache-Control'), 'no-store');

  });

  it('returns the CSRF token of the session that comes after a sign-out', async () => {

    const { browser } = site({
      '/start': ctx => { ctx.session = { user: 1 }; },
      '/out': async ctx => {
        ctx.session = null;
        return { token: await ctx.getCsrf(), session: { ...ctx.session } };
      },
      '/check': ctx => { ctx.validateCsrf(ctx.query.token); },
      '/read': ctx => ({ ...ctx.session }),
    });
    await browser.get('/start');
    const { token } = (await browser.get('/out')).body as { token: string };
    strictEqual((await browser.get(`/check?token=${token}`)).status, 200);
    strictEqual(((await browser.get('/read')).body as { user?: number }).user, undefined);

  });

  it('returns the CSRF token of the id that a save at the same time gets', async () => {

    const store = new MemoryStore();
    const slow = deferred();
    let asked = 0;
    store.newSessionId = (() => ++asked === 1
      ? slow.promise.then(() => MemoryStore.prototype.newSessionId.call(store))
      : Promise.resolve(MemoryStore.prototype.newSessionId.call(store))) as never;
    const { browser } = site({
      '/page': async ctx => {
        ctx.session.x = 1;
        const both = Promise.all([ctx.getCsrf(), ctx.saveSession()]);
        slow.resolve();
        const [token] = await both;
        return { token };
      },
      '/check': ctx => { ctx.validateCsrf(ctx.query.token); },
    }, { store });
    const { token } = (await browser.get('/page')).body as { token: string };
    strictEqual((await browser.get(`/check?token=${token}`)).status, 200);

  });

});

describe('An id', () => {

  it('is not sent to a store that says it can\'t be one', async () => {

    class Numbered extends RecordingStore {

      override isSessionId(id: string): boolean {
        return /^s-\d+$/.test(id);
      }

    }
    const store = new Numbered();
    const { browser } = site({ '/page': ctx => ({ ...ctx.session }) }, { store });
    strictEqual((await browser.get('/page', { headers: { Cookie: `CB=${'x'.repeat(43)}` } })).status, 200);
    deepStrictEqual(store.takeCalls(), []);

  });

  it('is refused if its cookie would not be recognised, or would be more than a value', async () => {

    class Evil extends MapStore {

      override async newSessionId(): Promise<string> {
        return 'abc; Domain=evil.example';
      }

    }
    const encodings = [
      { store: new MemoryStore(), encode: (id: string) => Buffer.from(id).toString('base64') },
      { store: new Evil(), encode: (id: string) => id },
    ];
    for (const { store, encode } of encodings) {
      const { browser } = site({ '/start': ctx => { ctx.session = { user: 1 }; } }, { store, cookieOptions: { encode } });
      const response = await browser.get('/start');
      strictEqual(response.status, 503);
      deepStrictEqual(setCookies(response), []);
    }

  });

});
