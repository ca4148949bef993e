import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { MemoryStore, SessionInfo } from '../../src/index.js';
import { type Browser, idOf, setCookies } from '../support/browser.js';
import { type Page, type PageContext, site as siteOf } from '../support/site.js';

const START = 1_800_000_000;
const HOUR = 3600;

const PAGES: Record<string, Page> = {
  '/sign-in': ctx => { ctx.session.userId = ctx.query.user ?? 'ada'; },
  '/remember': ctx => {
    ctx.session.userId = 'ada';
    ctx.authenticated({ persistent: true, expiry: 30 * 24 * HOUR });
  },
  '/for-now': ctx => {
    ctx.session.userId = 'ada';
    ctx.authenticated({ persistent: false });
  },
  '/until': ctx => {
    ctx.session.userId = 'ada';
    ctx.authenticated({ endsAt: START + Number(ctx.query.seconds) });
  },
  '/prove': ctx => ctx.authenticated(),
  '/rotate': ctx => { ctx.sessionId = null; },
  '/read': ctx => ({ ...ctx.session }),
  '/note': ctx => { ctx.session.note = (ctx.session.note ?? 0) + 1; },
  '/cart': ctx => { ctx.session.cart = 1; },
  '/info': ctx => ctx.sessionInfo,
  '/remember-until': ctx => {
    ctx.session.userId = 'ada';
    ctx.authenticated({ persistent: true, expiry: 5 * HOUR, absoluteExpiry: 10 * HOUR, endsAt: START + 12 * HOUR, metadata: { device: 'a' } });
  },
  '/count': ctx => ctx.updateSession((values: Record<string, number>) => { values.count = (values.count ?? 0) + 1; }),
  '/prove-as': ctx => ctx.authenticated({ metadata: { device: 'b' } }),
  '/token': ctx => ctx.getCsrf(),
  '/check': (ctx: PageContext) => ctx.validateCsrf(ctx.query.token),
};

const site = (options = {}) => siteOf<MemoryStore>(PAGES, { user: 'userId', ...options });

/** The clock of store and middleware, in seconds after the start. */
const at = (seconds: number) => mock.timers.setTime((START + seconds) * 1000);

describe('A session\'s lifetime', () => {

  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: START * 1000 }));
  afterEach(() => mock.timers.reset());

  it('is over at its absolute deadline, however often it is used, and no regeneration moves that', async () => {

    const { browser, store } = site({ absoluteExpiry: 8 * HOUR });
    await browser.get('/sign-in');
    for (let minute = 1; minute < 480; minute += 1) {
      at(minute * 60);
      await browser.get(minute % 100 === 0 ? '/rotate' : minute % 7 === 0 ? '/note' : '/read');
    }
    at(8 * HOUR - 1);
    strictEqual(((await browser.get('/read')).body as unknown as { userId: string }).userId, 'ada');
    at(8 * HOUR + 1);
    deepStrictEqual((await browser.get('/read')).body, {});
    strictEqual(store.load(idOf(browser))?.status, 'expired', 'the store knows it, too');

  });

  it('begins anew when its user proves their identity, and when another one signs in', async () => {

    const { browser } = site({ absoluteExpiry: 2 * HOUR, expiry: 24 * HOUR });
    await browser.get('/sign-in');
    at(HOUR);
    const before = idOf(browser);
    await browser.get('/prove');
    notStrictEqual(idOf(browser), before);
    at(2.5 * HOUR);
    const info = (await browser.get('/info')).body as unknown as SessionInfo;
    deepStrictEqual([info.authenticatedAt, info.absoluteExpiresAt], [START + HOUR, START + 3 * HOUR]);
    await browser.get('/sign-in?user=bob');
    at(4 * HOUR);
    deepStrictEqual((await browser.get('/read')).body, { userId: 'bob' });
    at(4.5 * HOUR + 1);
    deepStrictEqual((await browser.get('/read')).body, {});

  });

  it('has a deadline of its own, if that is earlier, which a regeneration keeps', async () => {

    const { browser } = site({ absoluteExpiry: 8 * HOUR });
    await browser.get(`/until?seconds=${HOUR / 2}`);
    at(60);
    await browser.get('/rotate');
    at(HOUR / 2 - 1);
    strictEqual(((await browser.get('/read')).body as unknown as { userId: string }).userId, 'ada');
    at(HOUR / 2 + 1);
    deepStrictEqual((await browser.get('/read')).body, {});

  });

  it('can be read without being prolonged', async () => {

    const { browser } = site({ absoluteExpiry: 8 * HOUR });
    await browser.get('/sign-in');
    at(HOUR / 2);
    const info = (await browser.get('/info')).body as unknown as SessionInfo;
    ok(Math.abs(info.expiresAt - START - HOUR) <= 2, String(info.expiresAt - START));
    deepStrictEqual(
      [info.user, info.createdAt, info.authenticatedAt, info.absoluteExpiresAt, info.persistent, info.metadata],
      ['ada', START, START, START + 8 * HOUR, false, {}],
    );
    at(HOUR + 5);
    strictEqual((await browser.get('/info')).body, null);

  });

  it('is shorter for anonymous visitors with anonymousExpiry', async () => {

    const { browser } = site({ anonymousExpiry: 60 });
    const visitor = browser.clone();
    await visitor.get('/cart');
    at(59);
    deepStrictEqual((await visitor.get('/read')).body, { cart: 1 });
    at(59 + 65);
    deepStrictEqual((await visitor.get('/read')).body, {});
    await browser.get('/sign-in');
    at(59 + 65 + HOUR - 5);
    deepStrictEqual((await browser.get('/read')).body, { userId: 'ada' });

  });

  it('stays as given until another one is given, also when the user proves their identity again', async () => {

    const { browser } = site({ absoluteExpiry: HOUR });
    const infoNow = async () => {
      const { absoluteExpiresAt, persistent, metadata } = (await browser.get('/info')).body as unknown as SessionInfo;
      return [(absoluteExpiresAt as number - START) / HOUR, persistent, metadata.device];
    };
    await browser.get('/remember-until');
    deepStrictEqual(await infoNow(), [10, true, 'a']);
    at(HOUR);
    await browser.get('/prove');
    deepStrictEqual(await infoNow(), [11, true, 'a'], 'its own time begins anew');
    at(4 * HOUR);
    await browser.get('/prove-as');
    deepStrictEqual(await infoNow(), [12, true, 'b'], 'the provider\'s deadline stays');
    at(4 * HOUR + 1);
    await browser.get('/sign-in?user=bob');
    deepStrictEqual(await infoNow(), [5 + 1 / HOUR, false, undefined]);

  });

  it('is the life of the cookie of a session that is to be remembered', async () => {

    const { browser } = site({ touchInterval: 60 });
    const [cookie] = setCookies(await browser.get('/remember'));
    const most = Number(/Max-Age=(\d+)/.exec(cookie as string)?.[1]);
    ok(Math.abs(most - 30 * 24 * HOUR - 60) < 3, cookie);
    at(20 * 24 * HOUR);
    const [again] = setCookies(await browser.get('/read'));
    match(String(again), /Max-Age=\d+/);
    at(45 * 24 * HOUR);
    deepStrictEqual((await browser.get('/read')).body, { userId: 'ada' });

  });

  it('is cut in the cookie at the nearer deadline', async () => {

    const { browser } = site({ absoluteExpiry: 2 * 24 * HOUR });
    const [cookie] = setCookies(await browser.get('/remember'));
    match(String(cookie), /Max-Age=172800(;|$)/);

  });

  it('is not in the cookie any more once the session is not to be remembered', async () => {

    const { browser } = site({ cookieOptions: { maxAge: 1000 } });
    match(String(setCookies(await browser.get('/sign-in'))[0]), /Max-Age=1060(;|$)/);
    const other = browser.clone();
    other.cookies.clear();
    const [cookie] = setCookies(await other.get('/for-now'));
    ok(!/Max-Age|Expires/.test(String(cookie)), cookie);

  });

});

describe('A session with the option renewal', () => {

  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: START * 1000 }));
  afterEach(() => mock.timers.reset());

  it('gets a new id when the old one is old enough, also when it is only read', async () => {

    const { browser } = site({ renewal: 600 });
    await browser.get('/sign-in');
    const first = idOf(browser);
    at(599);
    await browser.get('/read');
    strictEqual(idOf(browser), first);
    at(601);
    await browser.get('/read');
    notStrictEqual(idOf(browser), first);
    at(602);
    deepStrictEqual(setCookies(await browser.get('/note')), []);

  });

  it('is not prolonged by a request that only reads how long it lives', async () => {

    const { browser } = site({ renewal: 600 });
    await browser.get('/sign-in');
    for (let minute = 1; minute < 60; minute++) {
      at(minute * 60);
      deepStrictEqual(setCookies(await browser.get('/info')), []);
    }
    at(HOUR + 65);
    strictEqual((await browser.get('/info')).body, null);

  });

  it('has a token for the id that it gets together with the page', async () => {

    const { browser } = site({ renewal: 600 });
    await browser.get('/sign-in');
    at(601);
    const former = idOf(browser);
    const token = (await browser.get('/token')).body as unknown as string;
    notStrictEqual(idOf(browser), former);
    at(700);
    strictEqual((await browser.get(`/check?token=${token}`)).status, 200);

  });

  it('gets one new id from many requests at once, of which none fails for that', async () => {

    const { browser, store } = site({ renewal: 600, grace: 30 });
    await browser.get('/sign-in');
    at(601);
    const twins = Array.from({ length: 10 }, () => browser.clone());
    const answers = await Promise.all(twins.map((twin, index) => twin.get(index % 2 ? '/read' : '/note')));
    deepStrictEqual(answers.map(({ status }) => status), answers.map(() => 200));
    strictEqual(store.store.size, 1);
    at(1300);
    const [twin] = twins as [Browser];
    const counts = await Promise.all(Array.from({ length: 10 }, () => twin.clone().get('/count')));
    deepStrictEqual(counts.map(each => each.status), counts.map(() => 200));
    deepStrictEqual((await twin.get('/read')).body, { userId: 'ada', note: 1, count: 10 });

  });

  it('is still found by the former id for the seconds of grace, and the answer has the new cookie', async () => {

    const { browser } = site({ renewal: 600, grace: 20 });
    await browser.get('/sign-in');
    const late = browser.clone();
    at(601);
    await browser.get('/read');
    at(615);
    deepStrictEqual((await late.get('/read')).body, { userId: 'ada' });
    strictEqual(idOf(late), idOf(browser));
    strictEqual((await browser.get('/read')).status, 200);

  });

  it('is not found by it later, nor after a change of rights, nor two ids later', async () => {

    const { browser } = site({ renewal: 600, grace: 20 });
    await browser.get('/sign-in');
    const [late, stolen] = [browser.clone(), browser.clone()];
    at(601);
    await browser.get('/read');
    at(622);
    deepStrictEqual((await late.get('/read')).body, {});
    const before = browser.clone();
    await browser.get('/prove');
    deepStrictEqual((await before.get('/read')).body, {});
    deepStrictEqual((await stolen.get('/read')).body, {});

    await browser.get('/rotate');
    const hop = browser.clone();
    await browser.get('/rotate');
    await browser.get('/rotate');
    deepStrictEqual((await hop.get('/read')).body, {});

  });

  it('is found by it after sessionId = null alone, if grace is allowed', async () => {

    const { browser } = site({ grace: 20 });
    await browser.get('/sign-in');
    const late = browser.clone();
    await browser.get('/rotate');
    strictEqual((await late.get('/note')).status, 200);
    deepStrictEqual((await browser.get('/read')).body, { userId: 'ada', note: 1 });

  });

});
