import { deepStrictEqual, match, notStrictEqual, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, RETIRED_FOR, UserSessions } from '../../src/index.js';
import { idOf, setCookies } from '../support/browser.js';
import { clock } from '../support/later-sign-ins.js';
import { type Page, site as siteOf } from '../support/site.js';

const PAGES: Record<string, Page> = {
  '/cart': ctx => { ctx.session.cart = ['book']; },
  '/sign-in': ctx => { ctx.session.userId = ctx.query.user ?? 'ada'; },
  '/sign-out-softly': ctx => {
    delete ctx.session.userId;
    ctx.session.notice = 'bye';
  },
  '/forget-user': ctx => { delete ctx.session.userId; },
  '/read': ctx => ({ ...ctx.session }),
  '/look-away': () => 'nothing',
  '/note': ctx => { ctx.session.note = 'x'; },
  '/token': ctx => ctx.getCsrf(),
  '/sign-in-with-token': async ctx => {
    ctx.session.userId = 'ada';
    return ctx.getCsrf();
  },
  '/check': ctx => {
    ctx.validateCsrf(ctx.query.token);
    return 'right';
  },
  '/check-and-sign-in': ctx => {
    ctx.validateCsrf(ctx.query.token);
    ctx.session.userId = 'ada';
  },
  '/count': ctx => ctx.updateSession(values => { values.count = (values.count ?? 0) + 1; }),
  '/sign-in-by-update': ctx => ctx.updateSession(values => { values.userId = 'ada'; }),
};

const site = (pages: Record<string, Page> = {}, options = {}) => siteOf<MemoryStore>({ ...PAGES, ...pages }, { user: 'userId', ...options });

describe('With the option user, a sign-in', () => {

  it('gives the session a new id by itself, ends the old one, and takes its data along', async () => {

    const { browser, store } = site();
    await browser.get('/cart');
    const before = idOf(browser);
    await browser.get('/sign-in');
    notStrictEqual(idOf(browser), before);
    deepStrictEqual((await browser.get('/read')).body, { cart: ['book'], userId: 'ada' });
    deepStrictEqual(store.load(before)?.status, 'retired');
    deepStrictEqual([...store.store.keys()], [idOf(browser)]);

  });

  it('makes the CSRF token from before worthless, and getCsrf() returns the new one', async () => {

    const { browser } = site();
    await browser.get('/cart');
    const before = (await browser.get('/token')).body as unknown as string;
    const after = (await browser.get('/sign-in-with-token')).body as unknown as string;
    strictEqual((await browser.get(`/check?token=${before}`)).status, 403);
    strictEqual((await browser.get(`/check?token=${after}`)).body as unknown, 'right');

  });

  it('of another user begins with nothing of the first user\'s, under another handle', async () => {

    const { browser, store } = site();
    await browser.get('/sign-in');
    await browser.get('/cart');
    const [before, handle] = [idOf(browser), store.handleOf?.(idOf(browser))];
    await browser.get('/sign-in?user=bob');
    deepStrictEqual((await browser.get('/read')).body, { userId: 'bob' });
    notStrictEqual(store.handleOf?.(idOf(browser)), handle);
    strictEqual(store.load(before)?.status, 'retired');
    deepStrictEqual((await new UserSessions(store).list('ada')), []);

  });

  it('leaves nothing of the user\'s if it is taken back', async () => {

    const { browser } = site();
    await browser.get('/sign-in');
    await browser.get('/cart');
    const before = idOf(browser);
    await browser.get('/sign-out-softly');
    notStrictEqual(idOf(browser), before);
    deepStrictEqual((await browser.get('/read')).body, { notice: 'bye' });

    await browser.get('/sign-in');
    await browser.get('/forget-user');
    strictEqual(idOf(browser), '');

  });

  it('of the same user again changes nothing by itself', async () => {

    const { browser } = site();
    await browser.get('/sign-in');
    const id = idOf(browser);
    deepStrictEqual(setCookies(await browser.get('/sign-in')), []);
    await browser.get('/note');
    strictEqual(idOf(browser), id);

  });

  it('through updateSession() works, too', async () => {

    const { browser, store } = site();
    await browser.get('/cart');
    const before = idOf(browser);
    await browser.get('/sign-in-by-update');
    notStrictEqual(idOf(browser), before);
    deepStrictEqual((await browser.get('/read')).body, { cart: ['book'], userId: 'ada' });
    strictEqual((await new UserSessions(store).list('ada')).length, 1);
    await Promise.all(Array.from({ length: 10 }, () => browser.clone().get('/count')));
    strictEqual(((await browser.get('/read')).body as unknown as { count: number }).count, 10);

  });

  it('binds a session whose data has named a user since before the option, with the first request that reads it', async () => {

    const store = new MemoryStore();
    const old = siteOf(PAGES, { store });
    await old.browser.get('/sign-in');
    const { browser } = site({}, { store });
    browser.cookies.set('CB', idOf(old.browser));
    await browser.get('/look-away');
    strictEqual(idOf(browser), idOf(old.browser));
    const twins = [browser, browser.clone(), browser.clone()];
    const answers = await Promise.all(twins.map(twin => twin.get('/read')));
    for (const { status, body } of answers) deepStrictEqual([status, body], [200, { userId: 'ada' }]);
    strictEqual((await new UserSessions(store).list('ada')).length, 1);

  });

  it('leaves one session if it is clicked twice, and shares nothing', async () => {

    const { browser, store } = site();
    await browser.get('/cart');
    const [one, other] = [browser.clone(), browser.clone()];
    // The second request is under way while the first one signs in.
    const answers = await Promise.all([one.get('/sign-in'), other.get('/sign-in')]);
    deepStrictEqual(answers.map(({ status }) => status), [200, 200]);
    const sessions = await new UserSessions(store).list('ada');
    strictEqual(sessions.length, 1, 'no ghost is left');
    const lives = [one, other].filter(each => store.load(idOf(each))?.status === 'live');
    strictEqual(lives.length, 1);

  });

  it('ends the session of the first click if it is clicked again after the answer', async () => {

    const { browser, store } = site();
    await browser.get('/cart');
    const late = browser.clone();
    await browser.get('/sign-in');
    strictEqual((await late.get('/sign-in')).status, 200);
    deepStrictEqual((await late.get('/read')).body, { userId: 'ada' });
    deepStrictEqual((await browser.get('/read')).body, {});
    strictEqual((await new UserSessions(store).list('ada')).length, 1);

  });

  it('leaves one session if it is clicked twice on a form without a session, too', async t => {

    const later = clock(t);
    const { browser, store } = site();
    const token = (await browser.get('/token')).body as unknown as string;
    const clicks = [browser.clone(), browser.clone(), browser.clone()];
    const headers = { 'X-CSRF-Token': token };
    for (const click of clicks.slice(0, 2)) {
      later();
      strictEqual((await click.get('/sign-in', { headers })).status, 200);
    }
    strictEqual((await new UserSessions(store).list('ada')).length, 1);
    const elsewhere = browser.clone();
    elsewhere.cookies.clear();
    later();
    await elsewhere.get('/sign-in');
    later();
    await clicks[2]?.get(`/check-and-sign-in?token=${token}`);
    strictEqual((await new UserSessions(store).list('ada')).length, 2, 'another device is another session');

  });

  it('with a form\'s cookie that was planted in two devices ends neither, and one that was made up costs nothing', async t => {

    const later = clock(t);
    const { browser, store } = site();
    const token = (await browser.get('/token')).body as unknown as string;
    const devices = [browser.clone(), browser.clone(), browser.clone(), browser.clone()];
    const list = t.mock.method(store, 'sessionsOf');
    for (const device of devices.slice(0, 2)) {
      later();
      await device.get('/sign-in');
    }
    for (const wrong of ['', 'x', 'A'.repeat(43), `${token}.${'A'.repeat(42)}`]) await browser.clone().get('/sign-in', { headers: { 'X-CSRF-Token': wrong } });
    strictEqual(list.mock.callCount(), 0);
    strictEqual((await new UserSessions(store).list('ada')).length, 6);
    for (const device of devices.slice(2)) {
      for (let second = 0; second <= RETIRED_FOR; second++) later();
      await device.get('/sign-in', { headers: { 'X-CSRF-Token': token } });
    }
    strictEqual((await new UserSessions(store).list('ada')).length, 8, 'clicks are not half a minute apart');

  });

  it('of a user with very many sessions does not read all of them each time', async t => {

    const { browser, store } = site();
    for (let count = 0; count <= 100; count++) await browser.clone().get('/sign-in');
    const token = (await browser.get('/token')).body as unknown as string;
    const list = t.mock.method(store, 'sessionsOf');
    const signIn = (user: string) => browser.clone().get(`/sign-in?user=${user}`, { headers: { 'X-CSRF-Token': token } });
    for (let count = 0; count < 3; count++) strictEqual((await signIn('ada')).status, 200);
    strictEqual(list.mock.callCount(), 1);
    for (let count = 0; count < 3; count++) strictEqual((await signIn('bob')).status, 200);
    strictEqual(list.mock.callCount(), 4);

  });

  it('makes a planted id worthless for the attacker', async () => {

    const { browser, store } = site();
    await browser.get('/cart');
    const attacker = browser.clone();
    await browser.get('/sign-in');
    deepStrictEqual((await attacker.get('/read')).body, {});
    strictEqual((await attacker.get('/note')).status, 409);
    await attacker.get('/sign-in?user=mallory');
    deepStrictEqual((await attacker.get('/read')).body, { userId: 'mallory' });
    deepStrictEqual((await browser.get('/read')).body, { cart: ['book'], userId: 'ada' });
    strictEqual((await new UserSessions(store).list('ada')).length, 1);

  });

  it('is refused with a clear error if the user is no valid one, and what was stored stays', async () => {

    const { browser, errors } = site({ '/odd': ctx => {
      ctx.session.userId = JSON.parse(ctx.query.user ?? 'null');
      ctx.session.more = 1;
    } });
    await browser.get('/cart');
    for (const odd of ['0', 'false', '{}', '[]', '{"length":1}']) {
      const { status } = await browser.get(`/odd?user=${odd}`);
      strictEqual(status, 500, odd);
      match(String(errors.at(-1)), /^SessionValueError: The user of the session is .*: it must be a text, a number other than 0, null or undefined$/);
      deepStrictEqual((await browser.get('/read')).body, { cart: ['book'] });
    }
    for (const missing of ['""', 'null']) strictEqual((await browser.get(`/odd?user=${missing}`)).status, 200, missing);

  });

  it('treats 1 and "1" as the same user, and accepts a function for the option', async () => {

    const { browser, store } = site(
      { '/one': ctx => { ctx.session.account = { id: JSON.parse(ctx.query.id as string) }; } },
      { user: (values: { account?: { id: number } }) => values.account?.id },
    );
    await browser.get('/one?id=1');
    const id = idOf(browser);
    await browser.get('/one?id="1"');
    strictEqual(idOf(browser), id);
    strictEqual((await new UserSessions(store).list(1)).length, 1);

  });

  it('keeps users of any names apart', async () => {

    const { browser, store } = site({ '/as': ctx => { ctx.session.userId = JSON.parse(ctx.request.headers.get('x-user') as string); } });
    const users = ['__proto__', 'constructor', 'a}b{c', '\r\n', 'x'.repeat(100_000), '😀', '\u00e9', 'e\u0301', 'A', 'a', 'a ', '\ud800'];
    for (const user of users) {
      const header = JSON.stringify(user).replace(/[^\x20-\x7e]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
      const visitor = browser.clone();
      strictEqual((await visitor.get('/as', { headers: { 'X-User': header } })).status, 200);
    }
    const sessions = new UserSessions(store);
    for (const user of users) strictEqual((await sessions.list(user)).length, 1, JSON.stringify(user.slice(0, 20)));
    strictEqual(({} as { polluted?: unknown }).polluted, undefined);

  });

});
