import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createClient } from 'redis';
import { UserSessions } from '../../../src/index.js';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { CLUSTERED, type OpenClient, SINGLE } from '../../support/redis-clients.js';
import { startRedis, startRedisCluster } from '../../support/servers/redis.js';
import type { Server } from '../../support/servers/server.js';
import { site } from '../../support/site.js';
import { markOf } from '../../support/mark-of.js';

let server: Server;
let cluster: Server[];

before(async () => {
  [server, cluster] = await Promise.all([startRedis(), startRedisCluster()]);
});
after(() => Promise.all([server, ...cluster].map(each => each.kill())));

/** Limits the memory of servers: with '1' they are full, with '0' there is no limit. */
async function setLimit(servers: readonly Server[], maxmemory: '1' | '0'): Promise<void> {

  for (const { url } of servers) {
    const admin = createClient({ url });
    await admin.connect();
    await admin.sendCommand(['CONFIG', 'SET', 'maxmemory-policy', 'noeviction', 'maxmemory', maxmemory]);
    admin.destroy();
  }

}

const KINDS: Array<[string, () => Promise<OpenClient>, () => Server[]]> = [
  ...Object.entries(SINGLE).map(([kind, open]) => [kind, () => open(server.url), () => [server]] as [string, () => Promise<OpenClient>, () => Server[]]),
  ...Object.entries(CLUSTERED).map(([kind, open]) => (
    [kind, () => open(cluster.map(({ url }) => url)), () => cluster] as [string, () => Promise<OpenClient>, () => Server[]])),
];

for (const [kind, open, servers] of KINDS) {

  describe(`A Redis server that is full, with ${kind}`, () => {

    let opened: OpenClient;
    let store: RedisStore;
    before(async () => {
      opened = await open();
      store = new RedisStore({ client: opened.client });
    });
    after(() => opened.close());

    async function session(user: string | null, lifetime = 600): Promise<string> {
      const id = store.newSessionId();
      strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime, newInfo: { info: { user, details: '{}' } } }), true);
      return id;
    }

    /** Runs a task while the servers are full and can't store anything new. */
    async function whileFull(run: () => Promise<void>): Promise<void> {
      await setLimit(servers(), '1');
      try {
        await rejects(session(null), /OOM/);
        await run();
      } finally {
        await setLimit(servers(), '0');
      }
    }

    it('ends sessions, and remembers that they have ended', async () => {

      const [id, moved] = [await session('Ada'), await session('Ada')];
      const next = store.newSessionId(moved);
      strictEqual(await store.move(moved, next, { set: new Map(), unset: [] }, { lifetime: 600 }), 'moved');
      await whileFull(async () => {
        strictEqual(await store.end(id), true);
        // The former id ends the moved session.
        strictEqual(await store.end(moved), true);
      });
      deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: false });
      deepStrictEqual(markOf(await store.load(next)), { status: 'retired', moved: false });
      strictEqual(await store.create(id, toTexts({}), { lifetime: 600 }), false);

    });

    it('ends sessions of a user, one or all, and all sessions', async () => {

      const [one, another, third, others] = [await session('Bob'), await session('Bob'), await session('Bob'), await session('Cleo')];
      await whileFull(async () => {
        deepStrictEqual(await store.endSessionsOf('Bob', { only: store.handleOf(one) }), [store.handleOf(one)]);
        deepStrictEqual(await store.endSessionsOf('Bob', { except: store.handleOf(third) }), [store.handleOf(another)]);
        deepStrictEqual((await store.sessionsOf('Bob')).map(({ handle }) => handle), [store.handleOf(third)]);
        await store.endAllSessions();
      });
      for (const id of [one, another, third, others]) deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: false });

    });

    it('deletes sessions, and extends those that are used', async () => {

      const [deleted, touched] = [await session(null), await session(null, 60)];
      await whileFull(async () => {
        await store.delete(deleted);
        strictEqual(await store.touch(touched, 600), true);
        // A touch that does not extend its life succeeds, too.
        strictEqual(await store.touch(touched, 60), true);
      });
      strictEqual(await store.load(deleted), null);
      const found = await store.load(touched);
      ok(found?.status === 'live' && found.remaining > 500);

    });

    it('accepts changes that need no more space, and gives new ids', async () => {

      const id = await session(null, 60);
      const [second, third] = [store.newSessionId(id), store.newSessionId(id)];
      const found = await store.load(id);
      ok(found?.status === 'live');
      await whileFull(async () => {
        const change = (values: object, unset: string[] = []) => ({ set: toTexts({ ...values }), unset });
        await rejects(store.update(id, change({ a: 10 }), { lifetime: 1, loaded: found.texts }), /OOM/);
        strictEqual(await store.update(id, change({ a: 3 }), { lifetime: 1, loaded: found.texts }), 'updated');
        strictEqual(await store.update(id, change({ a: 2 }), { lifetime: 600 }), 'updated');
        await rejects(store.update(id, change({ a: 10 }), { lifetime: 600 }), /OOM/);
        await rejects(store.update(id, change({ b: 2 }), { lifetime: 600 }), /OOM/);
        strictEqual(await store.move(id, second, change({}), { lifetime: 600 }), 'moved');
        await rejects(store.move(second, third, change({ b: 'x'.repeat(100) }), { lifetime: 600 }), /OOM/);
        const moved = await store.load(second);
        ok(moved?.status === 'live');
        strictEqual(await store.update(second, change({}, ['a']), { lifetime: 1, loaded: moved.texts }), 'updated');
      });
      deepStrictEqual(await store.load(id), { status: 'retired', moved: true, info: { user: null, details: '{}' } });
      deepStrictEqual(await store.get(second), {});
      strictEqual(await store.load(third), null);

    });

    it('reads a session whose id should be renewed', async t => {

      const { browser } = site({
        '/sign-in': ctx => { ctx.session.userId = 'Finn'; }, '/read': ctx => ctx.session,
      }, { store, user: 'userId', renewal: 1 });
      await browser.get('/sign-in');
      const id = browser.cookies.get('CB');
      // Renewal goes by the clock of the application, and the store by the clock of Redis.
      const { now } = Date;
      t.mock.method(Date, 'now', () => now() + 1100);
      await whileFull(async () => {
        deepStrictEqual((await browser.get('/read')).body, { userId: 'Finn' });
      });
      notStrictEqual(browser.cookies.get('CB'), id);

    });

    it('lets a visitor read and sign out, and answers 503 to anything that stores more', async () => {

      const { browser } = site({
        '/sign-in': ctx => { ctx.session.userId = 'Dora'; },
        '/read': ctx => ctx.session,
        '/write': ctx => { ctx.session.a = 'b'; },
        '/sign-out': ctx => { ctx.session = null; },
      }, { store, user: 'userId' });
      strictEqual((await browser.get('/sign-in')).status, 200);
      const id = browser.cookies.get('CB') as string;
      await whileFull(async () => {
        strictEqual((await browser.get('/write')).status, 503);
        deepStrictEqual((await browser.get('/read')).body, { userId: 'Dora' });
        strictEqual((await browser.get('/sign-out')).status, 200);
      });
      deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: false });

    });

    it('signs a user out everywhere', async () => {

      const ids = await Promise.all([session('Eve'), session('Eve')]);
      await whileFull(async () => {
        strictEqual(await new UserSessions(store).endAll('Eve'), 2);
      });
      for (const id of ids) deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: false });

    });

  });

}
