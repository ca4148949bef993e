import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { MemoryStore, UserSessions } from '../../src/index.js';
import { idOf } from '../support/browser.js';
import { RecordingStore } from '../support/recording-store.js';
import { type Page, site } from '../support/site.js';

const NAMES = ['created', 'regenerated', 'destroyed', 'revoked', 'expired', 'limit', 'stale', 'suspicious', 'failed', 'request', 'csrf'];

const PAGES: Record<string, Page> = {
  '/cart': ctx => { ctx.session.cart = 1; },
  '/sign-in': ctx => { ctx.session.userId = 'ada'; },
  '/rotate': ctx => { ctx.sessionId = null; },
  '/read': ctx => ctx.session.cart,
  '/end': ctx => { ctx.session = null; },
  '/empty': ctx => {
    for (const key of Object.keys(ctx.session)) delete ctx.session[key];
  },
};

describe('An event', () => {

  let events: Array<[name: string, event: Record<string, unknown>]> = [];
  const listeners = NAMES.map(name => [
    `curveball:session:${name}`, (event: unknown) => events.push([name, event as Record<string, unknown>]),
  ] as const);

  beforeEach(() => {
    events = [];
    for (const [name, listener] of listeners) subscribe(name, listener);
  });
  afterEach(() => {
    for (const [name, listener] of listeners) unsubscribe(name, listener);
  });

  const named = (name: string) => events.filter(([each]) => each === name).map(([, event]) => event);

  it('names each session that is created, regenerated and destroyed, by its handle', async () => {

    const { browser, store } = site(PAGES, { user: 'userId' });
    await browser.get('/cart');
    const handle = store.handleOf?.(idOf(browser));
    deepStrictEqual(named('created'), [{ handle, user: null, cookieName: 'CB' }]);
    await browser.get('/sign-in');
    deepStrictEqual(named('regenerated'), [{ formerHandle: handle, handle, user: 'ada', reason: 'user', cookieName: 'CB' }]);
    await browser.get('/rotate');
    deepStrictEqual(named('regenerated')[1], { formerHandle: handle, handle, user: 'ada', reason: 'asked', cookieName: 'CB' });
    await browser.get('/end');
    deepStrictEqual(named('destroyed'), [{ handle, user: 'ada', reason: 'signed-out', cookieName: 'CB' }]);
    await browser.get('/cart');
    await browser.get('/empty');
    strictEqual(named('destroyed').length, 1);

  });

  it('names the sessions that a sign-in ends, or the sign-in that is refused, at the limit', async () => {

    for (const atLimit of ['end-oldest', 'refuse'] as const) {
      events = [];
      const { browser, store } = site(PAGES, { user: 'userId', maxUserSessions: { count: 1, atLimit }, cookieName: 'limited' });
      await browser.get('/sign-in');
      const handle = store.handleOf?.(idOf(browser, 'limited'));
      const other = browser.clone();
      other.cookies.clear();
      strictEqual((await other.get('/sign-in')).status, atLimit === 'refuse' ? 409 : 200);
      deepStrictEqual(named('destroyed'), atLimit === 'refuse' ? [] : [{ handle, user: 'ada', reason: 'limit', cookieName: 'limited' }]);
      deepStrictEqual(named('limit'), atLimit === 'refuse' ? [{ user: 'ada', limit: 1, cookieName: 'limited' }] : []);
      strictEqual(named('created').length, atLimit === 'refuse' ? 1 : 2);
    }

  });

  it('reports that a session which was becoming a user\'s has ended, because that user\'s sessions were ended', async () => {

    const { browser, store } = site({
      ...PAGES,
      '/late': async ctx => {
        await new UserSessions(store).endAll('ada');
        ctx.session.userId = 'ada';
      },
    }, { user: 'userId' });
    await browser.get('/cart');
    const handle = store.handleOf?.(idOf(browser));
    strictEqual((await browser.get('/late')).status, 409);
    deepStrictEqual(named('destroyed'), [{ handle, user: null, reason: 'revoked', cookieName: 'CB' }]);

  });

  it('reports a token that a handler refuses', async () => {

    const { browser } = site({ ...PAGES, '/guarded': ctx => ctx.validateCsrf('wrong') });
    await browser.get('/cart');
    strictEqual((await browser.get('/guarded')).status, 403);
    deepStrictEqual(named('csrf').map(({ reason, path, report }) => [reason, path, report]), [['token', '/guarded', false]]);

  });

  it('names the sessions that were revoked', async () => {

    const { browser, store } = site(PAGES, { user: 'userId' });
    await browser.get('/sign-in');
    const handle = store.handleOf?.(idOf(browser));
    await new UserSessions(store).endAll('ada');
    await new UserSessions(store).endAll('ada');
    await new UserSessions(store).endEverything();
    deepStrictEqual(named('revoked'), [{ user: 'ada', handles: [handle], cookieName: null }, { user: null, handles: [], cookieName: null }]);

  });

  it('reports a write that came too late once, also where the handler passes the error on', async () => {

    for (const late of ['/save', '/update']) {
      const { browser } = site({
        ...PAGES,
        '/save': async ctx => {
          ctx.session.late = true;
          await browser.clone().get('/end');
          await ctx.saveSession();
        },
        '/update': async ctx => {
          await browser.clone().get('/end');
          await ctx.updateSession(values => { values.late = true; });
        },
      });
      await browser.get('/cart');
      events = [];
      strictEqual((await browser.get(late)).status, 409);
      strictEqual(named('stale').length, 1, late);
    }

  });

  it('reports writes that came too late, and unknown ids', async () => {

    const { browser, store } = site(PAGES);
    await browser.get('/cart');
    const late = browser.clone();
    await browser.get('/end');
    await late.get('/cart');
    const handle = store.handleOf?.(idOf(late));
    deepStrictEqual(named('stale').map(event => event.handle), [handle]);
    deepStrictEqual(named('suspicious'), [{ handle, reason: 'retired', cookieName: 'CB' }]);
    for (let index = 0; index < 100; index++) {
      late.cookies.set('CB', store.newSessionId());
      await late.get('/read');
    }
    strictEqual(named('suspicious').filter(({ reason }) => reason === 'unknown').length, 100);

  });

  it('reports no id that led to a session when the request began: its writes that came too late are reported', async () => {

    const ends: Record<string, (ctx: Parameters<Page>[0]) => Promise<unknown>> = {
      '/update': ctx => ctx.updateSession(values => { values.late = true; }),
      '/reload': ctx => ctx.reloadSession(),
    };
    for (const grace of [0, 10]) for (const [path, look] of Object.entries(ends)) for (const end of ['/end', '/rotate']) {
      const { browser } = site({
        ...PAGES,
        [path]: async ctx => {
          await browser.clone().get(end);
          // The second one waits for its turn.
          await Promise.allSettled([look(ctx), look(ctx)]);
          ctx.session.late = true;
        },
      }, { grace });
      await browser.get('/cart');
      events = [];
      strictEqual((await browser.get(path)).status, grace > 0 && end === '/rotate' ? 200 : 409);
      deepStrictEqual(named('suspicious'), [], `${path}, ${end}, grace ${grace}`);
    }

  });

  it('reports a store that failed, and why', async () => {

    const store = new RecordingStore();
    const { browser } = site(PAGES, { store });
    await browser.get('/cart');
    const cause = new Error('down');
    store.before = () => { throw cause; };
    strictEqual((await browser.get('/read')).status, 503);
    deepStrictEqual(named('failed').map(({ error }) => ((error as Error).cause as Error).stack), [cause.stack]);

  });

  it('reports for each request what was decided, and why', async () => {

    const { browser } = site(PAGES, { touchInterval: 60 });
    for (const path of ['/read', '/cart', '/read', '/rotate', '/end', '/read']) await browser.get(path);
    deepStrictEqual(named('request').map(({ decision, reason }) => `${decision}: ${reason}`), [
      'none: no session, and nothing to store',
      'create: 1 keys for a new session',
      'none: unchanged; the next refresh is due in 61 s',
      'regenerate: the handler asked for a new id',
      'destroy: the session was cleared, or nothing was left in it',
      'none: no session, and nothing to store',
    ]);

  });

  it('is reported once for each request, whatever becomes of it', async () => {

    const store = new RecordingStore();
    const { browser } = site({
      ...PAGES,
      '/nothing': () => 'a page',
      '/bad': ctx => { ctx.session.cart = 1n; },
      '/save': async ctx => {
        ctx.session.cart = 2;
        await ctx.saveSession();
        await ctx.updateSession((values: Record<string, unknown>) => { values.cart = 3; });
      },
      '/throw': ctx => {
        ctx.session.cart = 5;
        throw new Error('a mistake');
      },
    }, { store, touchInterval: 60 });
    const decisionOf = async (path: string, by = browser) => {
      events = [];
      await by.get(path);
      return named('request').map(({ decision, reason }) => `${decision}: ${reason}`);
    };
    deepStrictEqual(await decisionOf('/nothing'), ['none: no session, and nothing to store']);
    await decisionOf('/cart');
    const late = browser.clone();
    deepStrictEqual(await decisionOf('/save'), ['update: changed: 1 keys set, 0 removed']);
    deepStrictEqual(await decisionOf('/bad'), ["none: The application put something into the session that can't be stored"]);
    deepStrictEqual(await decisionOf('/throw'), ['update: changed: 1 keys set, 0 removed']);
    await decisionOf('/rotate');
    deepStrictEqual(await decisionOf('/cart', late), ['refuse: The session had ended or had a new id before this request could change it']);
    store.before = () => { throw new Error('away'); };
    deepStrictEqual(await decisionOf('/read'), ['none: The session store failed']);

  });

  it('holds no id, no token and no value', async () => {

    const store = new MemoryStore();
    const { browser } = site({ ...PAGES, '/token': ctx => ctx.getCsrf() }, { user: 'userId', store });
    const secrets: string[] = [];
    for (const path of ['/cart', '/token', '/sign-in', '/token', '/rotate', '/cart', '/end', '/cart', '/sign-in']) {
      const { body } = await browser.get(path);
      if (path === '/token') secrets.push(String(body));
      secrets.push(idOf(browser));
    }
    await new UserSessions(store).endAll('ada');
    const shown = inspect(events, { depth: 10 });
    for (const secret of secrets.filter(each => each !== '')) ok(!shown.includes(secret) && !shown.includes(secret.slice(16)));
    ok(events.length > 10);

  });

});
