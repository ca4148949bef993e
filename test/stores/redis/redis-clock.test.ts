import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { SessionChange } from '../../../src/base/store.js';
import { UserSessions } from '../../../src/index.js';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import type { Browser } from '../../support/browser.js';
import { ShiftedRedis } from '../../support/shifted-redis.js';
import { site } from '../../support/site.js';

const PREFIX = `redis-clock.test ${process.pid}:`;
const HOUR = 3600;
const NOTHING: SessionChange = { set: new Map(), unset: [] };

const redis = new ShiftedRedis(PREFIX);

/** The application in another process. */
async function start() {

  const store = new RedisStore({ client: await redis.client(), prefix: PREFIX });
  const { browser } = site({
    '/sign-in': ctx => { ctx.session.userId = 'Ada'; },
    '/read': ctx => ctx.session,
  }, { store, user: 'userId' });
  return { store, browser, users: new UserSessions(store) };

}

type Process = Awaited<ReturnType<typeof start>>;

/** Another browser of the same site. */
function newVisitor(browser: Browser): Browser {
  const other = browser.clone();
  other.cookies.clear();
  return other;
}

const signIn = async (browser: Browser) => (await browser.get('/sign-in')).status;

describe('After sessions were ended and the clock of Redis was set', () => {

  let one: Process;
  let other: Process;
  before(() => redis.start());
  after(() => redis.close());
  beforeEach(async () => {
    await redis.set(0);
    [one, other] = [await start(), await start()];
    for (const { browser } of [one, other]) strictEqual(await signIn(browser), 200);
  });

  const ENDS: { readonly [how: string]: () => Promise<unknown> } = {
    'of a user': () => one.users.endAll('Ada'),
    'of everyone': () => one.users.endEverything(),
  };

  for (const [how, end] of Object.entries(ENDS)) {

    for (const [where, seconds] of [['back by an hour', -HOUR], ['back by ten days', -240 * HOUR], ['ahead by an hour', HOUR]] as const) {

      it(`${where}, users can sign in at once, in every process: sessions ${how}`, async () => {

        await end();
        await redis.set(seconds);
        strictEqual(await signIn(newVisitor(one.browser)), 200);
        // This process learns the new time by this very sign-in.
        strictEqual(await signIn(newVisitor(other.browser)), 200);
        strictEqual(await signIn(newVisitor((await start()).browser)), 200);
        deepStrictEqual((await other.browser.get('/read')).body, {});
        // A browser that still has the cookie of an ended session does not wait longer than usual.
        if (seconds < 0) strictEqual(await signIn(other.browser), 200);

      });

      it(`${where}, a sign-in under way when they are ended again is refused: sessions ${how}`, async () => {

        await end();
        await redis.set(seconds);
        await one.users.list('Ada');
        await other.users.list('Ada');
        for (const { store } of [one, other]) {
          const became = store.newSessionId();
          await store.create(became, toTexts({ a: 1 }), { lifetime: 60 });
          const began = performance.now();
          await end();
          const newInfo = { info: { user: 'Ada', details: '{}' }, get requestAge() { return (performance.now() - began) / 1000; } };
          strictEqual(await store.create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 60, patience: 5, newInfo }), 'revoked');
          if (how === 'of a user') {
            strictEqual(await store.move(became, store.newSessionId(became), NOTHING, { lifetime: 60, patience: 5, newInfo }), 'revoked');
          }
          strictEqual(await signIn(newVisitor(one.browser)), 200);
        }
        strictEqual((await one.users.list('Ada')).length, 1);

      });

    }

  }

});

describe('A session that changes more often than it is touched, on Redis', () => {

  before(() => time.start());
  after(() => time.close());

  const time = new ShiftedRedis(`${PREFIX}busy:`);

  it('is listed, counts for the limit and is ended with the others after any time', async () => {

    const store = new RedisStore({ client: await time.client(), prefix: `${PREFIX}busy:` });
    const users = new UserSessions(store);
    const { browser } = site({
      '/sign-in': ctx => { ctx.session.userId = 'Ada'; },
      '/count': ctx => { ctx.session.count = (ctx.session.count ?? 0) + 1; },
      '/read': ctx => ctx.session,
    }, { store, user: 'userId', expiry: 60, touchInterval: 60, maxUserSessions: 2 });
    await time.set(0);
    strictEqual(await signIn(browser), 200);
    const handle = store.handleOf(browser.cookies.get('CB') as string);
    // An entry lasts for two lifetimes of two minutes.
    for (let minute = 0.5; minute <= 15; minute += 0.5) {
      await time.set(minute * 60);
      deepStrictEqual((await users.list('Ada')).map(each => each.handle), [handle], `after ${minute} minutes`);
      strictEqual((await browser.get('/count')).status, 200);
    }
    const [second, third] = [newVisitor(browser), newVisitor(browser)];
    strictEqual(await signIn(second), 200);
    await time.set(15 * 60 + 10);
    strictEqual((await browser.get('/count')).status, 200);
    await time.set(15 * 60 + 20);
    strictEqual(await signIn(third), 200);
    strictEqual((await users.list('Ada')).length, 2);
    strictEqual(await users.endAll('Ada'), 2);
    for (const each of [browser, second, third]) deepStrictEqual((await each.get('/read')).body, {});

  });

});
