import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { type NewInfo, RETIRED_FOR, type SessionChange, type SessionTexts } from '../../../src/base/store.js';
import { MemoryStore } from '../../../src/index.js';
import { migrating } from '../../../src/migration/migrating-store.js';
import { type IoredisClient, type NodeRedisClient, RedisStore } from '../../../src/stores/redis-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { root } from '../../docs/support/markdown.js';
import { CLUSTERED, type OpenClient, SINGLE } from '../../support/redis-clients.js';
import { startRedis, startRedisCluster } from '../../support/servers/redis.js';
import type { Server } from '../../support/servers/server.js';
import { site } from '../../support/site.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';
import { PrivateRedis } from './private-redis.js';
import { markOf } from '../../support/mark-of.js';

const NOTHING: SessionChange = { set: new Map(), unset: [] };
const changing = (values: object): SessionChange => ({ set: toTexts({ ...values }), unset: [] });

type Client = ReturnType<typeof createClient>;

/** Watches the commands that clients send to some servers, in the order of their arrival. */
class Wire {

  readonly #seen: string[] = [];
  readonly #admins: Client[] = [];
  readonly #watchers: Client[] = [];

  static async on(servers: readonly Server[]): Promise<Wire> {

    const wire = new Wire();
    for (const { url } of servers) {
      const [admin, watcher] = [createClient({ url }), createClient({ url })];
      await admin.connect();
      await watcher.connect();
      await watcher.monitor(line => wire.#see(String(line)));
      wire.#admins.push(admin as Client);
      wire.#watchers.push(watcher as Client);
    }
    return wire;

  }

  /** The names of the commands that arrived during a task. */
  async during(task: () => Promise<unknown>): Promise<string[]> {

    await this.#synchronize();
    this.#seen.length = 0;
    await task();
    await this.#synchronize();
    return this.#seen.splice(0);

  }

  async everywhere(...command: string[]): Promise<void> {

    await Promise.all(this.#admins.map(admin => admin.sendCommand(command)));

  }

  close(): void {

    for (const client of [...this.#admins, ...this.#watchers]) client.destroy();

  }

  #awaited = new Map<string, () => void>();
  #marks = 0;

  #see(line: string): void {

    const [, mark] = /"ECHO" "(mark \d+)"/.exec(line) ?? [];
    if (mark !== undefined) {
      this.#awaited.get(mark)?.();
      return;
    }
    // The calls of a script are not on the wire. Commands that clients send for themselves do not count, nor does INFO, for which no request waits.
    const [, name] = /^[\d.]+ \[\d+ (?!lua)[^\]]*\] "([^"]+)"/.exec(line) ?? [];
    if (name && !/^(HELLO|CLIENT|INFO|CLUSTER|PING|COMMAND|ASKING|SCRIPT|REPLCONF)$/i.test(name)) this.#seen.push(name.toUpperCase());

  }

  /** Waits until each watcher has seen everything that was sent before. */
  async #synchronize(): Promise<void> {

    await Promise.all(this.#admins.map(async admin => {
      const mark = `mark ${++this.#marks}`;
      const seen = new Promise<void>(resolve => this.#awaited.set(mark, resolve));
      await admin.sendCommand(['ECHO', mark]);
      await seen;
    }));

  }

}

const of = (user: string, requestAge?: number): NewInfo => ({ info: { user, details: 'a b' }, requestAge });

/** Each method, and the one command that it sends. Methods for users send more. */
const METHODS: ReadonlyArray<readonly [name: string, command: string, call: (store: RedisStore, id: string) => Promise<unknown>]> = [
  ['load', 'GET', async (store, id) => store.load(id)],
  ['get', 'GET', async (store, id) => store.get(id)],
  ['update', 'EVALSHA', (store, id) => store.update(id, changing({ a: 2 }), { lifetime: 60, patience: 5 })],
  ['update of many keys', 'EVALSHA', (store, id) => store.update(id, changing(Array(20).fill(0)), { lifetime: 60 })],
  ['update with a version', 'EVALSHA', (store, id) => store.update(id, NOTHING, { lifetime: 60, version: 'no version' })],
  ['touch', 'EVALSHA', (store, id) => store.touch(id, 90)],
  ['create', 'EVALSHA', store => store.create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 60 })],
  ['set', 'EVALSHA', (store, id) => store.set(id, { a: 3 }, Date.now() / 1000 + 60)],
  ['move', 'EVALSHA', (store, id) => store.move(id, store.newSessionId(id), NOTHING, { lifetime: 60, patience: 5 })],
  ['end', 'EVALSHA', (store, id) => store.end(id)],
  ['delete', 'EVALSHA', (store, id) => store.delete(id)],
];

async function textsOf(store: RedisStore, id: string): Promise<SessionTexts> {
  const found = await store.load(id);
  ok(found?.status === 'live');
  return found.texts;
}

const servers = { single: [] as Server[], clustered: [] as Server[] };

before(async () => {
  [servers.single, servers.clustered] = await Promise.all([startRedis().then(server => [server]), startRedisCluster()]);
});
after(() => Promise.all([...servers.single, ...servers.clustered].map(server => server.kill())));

for (const [kinds, where] of [[SINGLE, 'single'], [CLUSTERED, 'clustered']] as const) {

  for (const [kind, open] of Object.entries(kinds)) {

    describe(`RedisStore with ${kind}`, () => {

      let opened: OpenClient;
      let store: RedisStore;
      let wire: Wire;

      before(async () => {
        const urls = servers[where].map(({ url }) => url);
        opened = await (open as (at: unknown) => Promise<OpenClient>)(where === 'single' ? urls[0] : urls);
        store = new RedisStore({ client: opened.client });
        // Replicas execute the commands of their masters, too.
        wire = await Wire.on(servers[where].slice(0, 3));
      });
      after(() => {
        wire.close();
        opened.close();
      });

      async function session(): Promise<string> {
        const id = store.newSessionId();
        strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 60 }), true);
        return id;
      }

      it('loads by a script that returns the server\'s time until that is known, and by a GET afterwards', async () => {

        const id = await session();
        const other = new RedisStore({ client: opened.client });
        const load = async () => deepStrictEqual((await other.load(id))?.status, 'live');
        // The server may need the script first.
        await wire.during(load);
        const third = new RedisStore({ client: opened.client });
        deepStrictEqual(await wire.during(async () => third.load(id)), ['EVALSHA']);
        deepStrictEqual(await wire.during(load), ['GET']);

      });

      for (const [name, command, call] of METHODS) {

        it(`sends one command for ${name}`, async () => {

          // Each of the three masters gets the script.
          for (let time = 0; time < (where === 'single' ? 1 : 30); time++) await call(store, await session());
          for (let time = 0; time < 3; time++) {
            const id = await session();
            deepStrictEqual(await wire.during(() => call(store, id)), [command]);
          }

        });

        if (command === 'GET') continue;

        it(`sends the script for ${name} again to a server that has forgotten it`, async () => {

          const id = await session();
          await wire.everywhere('SCRIPT', 'FLUSH');
          deepStrictEqual(await wire.during(() => call(store, id)), ['EVALSHA', 'EVAL']);

        });

      }

      for (const [length, value] of [['as long as', 2], ['longer than', 20]] as const) {

        it(`sends one command for an update of texts that it has loaded, to one ${length} before, also if the session has changed since`, async () => {

          const update = async (id: string, texts: SessionTexts) => {
            strictEqual(await store.update(id, changing({ a: value }), { lifetime: 1, patience: 5, loaded: texts }), 'updated');
          };
          for (let time = 0; time < (where === 'single' ? 1 : 30); time++) {
            const id = await session();
            await update(id, await textsOf(store, id));
          }
          const id = await session();
          const texts = await textsOf(store, id);
          deepStrictEqual(await wire.during(() => update(id, texts)), ['EVALSHA']);
          deepStrictEqual(await store.get(id), { a: value });
          strictEqual(await store.update(id, changing({ b: 1 }), { lifetime: 60 }), 'updated');
          deepStrictEqual(await wire.during(() => update(id, texts)), ['EVALSHA']);
          deepStrictEqual(await store.get(id), { a: value, b: 1 });

        });

      }

      it('gets the same answers from a server that has forgotten its scripts', async () => {

        const flushed = async <T>(call: () => Promise<T>) => {
          await wire.everywhere('SCRIPT', 'FLUSH');
          return call();
        };
        const id = store.newSessionId();
        const next = store.newSessionId(id);
        strictEqual(await flushed(() => store.create(id, toTexts({ a: 1 }), { lifetime: 60 })), true);
        strictEqual(await flushed(() => store.create(id, toTexts({ a: 1 }), { lifetime: 60 })), false);
        strictEqual(await flushed(() => store.update(id, changing({ b: 2 }), { lifetime: 60 })), 'updated');
        strictEqual(await flushed(() => store.update(id, changing({ b: 2 }), { lifetime: 60, version: 'other' })), 'conflict');
        strictEqual(await flushed(() => store.touch(id, 60)), true);
        strictEqual(await flushed(() => store.move(id, next, changing({ c: 3 }), { lifetime: 60 })), 'moved');
        deepStrictEqual(await store.get(next), { a: 1, b: 2, c: 3 });
        strictEqual(await flushed(() => store.end(id)), true);
        deepStrictEqual(markOf(await flushed(() => new RedisStore({ client: opened.client }).load(next))), { status: 'retired', moved: false });

        const [user, other] = [`user ${id}`, store.newSessionId()];
        strictEqual(await flushed(() => store.create(other, toTexts({ a: 1 }), { lifetime: 60, newInfo: of(user, 0) })), true);
        strictEqual(await flushed(() => store.touch(other, 60, user)), true);
        strictEqual((await flushed(() => store.sessionsOf(user))).length, 1);
        deepStrictEqual(await flushed(() => store.endSessionsOf(user)), [store.handleOf(other)]);
        strictEqual(await flushed(() => store.create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 60, newInfo: of(user, 60) })), 'revoked');
        await flushed(() => store.endAllSessions());

      });

    });

  }

}

describe('RedisStore, if a command reaches the server twice', () => {

  const redis = new PrivateRedis();

  /** A client that sends each script twice, as after a lost answer. */
  function twice(): NodeRedisClient {

    return {
      get: key => redis.client.get(key),
      eval: (text, options) => redis.client.eval(text, options),
      evalSha: async (sha1, options) => {
        await redis.client.evalSha(sha1, options);
        return redis.client.evalSha(sha1, options);
      },
      scan: (cursor, options) => redis.client.scan(cursor, options),
    };

  }

  async function tryAll(store: RedisStore): Promise<void> {

    let id = store.newSessionId();
    strictEqual(await store.create(id, toTexts({ count: 0 }), { lifetime: 60 }), true);
    for (let count = 1; count <= 3; count++) {
      const found = await store.load(id);
      ok(found?.status === 'live');
      strictEqual(Number(found.texts.get('count')), count - 1);
      strictEqual(await store.update(id, changing({ count }), { lifetime: 60, version: found.version }), 'updated');
    }
    strictEqual(await store.update(id, changing({ a: 2 }), { lifetime: 60 }), 'updated');
    strictEqual(await store.touch(id, 90), true);
    for (const a of [3, 10, 1]) {
      strictEqual(await store.update(id, changing({ a }), { lifetime: 60, loaded: await textsOf(store, id) }), 'updated');
    }
    const former = id;
    id = store.newSessionId(id);
    strictEqual(await store.move(former, id, changing({ b: 2 }), { lifetime: 60 }), 'moved');
    deepStrictEqual(markOf(await store.load(former)), { status: 'retired', moved: true });
    deepStrictEqual(await store.get(id), { count: 3, a: 1, b: 2 });
    strictEqual(await store.end(former), true);
    strictEqual(await store.end(id), false);
    deepStrictEqual(markOf(await store.load(id)), { status: 'retired', moved: false });

    id = store.newSessionId();
    strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 60 }), true);
    strictEqual(await store.update(id, { set: new Map(), unset: ['a'] }, { lifetime: 60, maxBytes: 1 }), 'updated');
    strictEqual(await store.update(id, changing({ a: 1 }), { lifetime: 60, maxBytes: 1 }), 'too-large');
    deepStrictEqual(await store.get(id), {});
    strictEqual(await store.end(id, { moved: true }), true);
    deepStrictEqual(await store.load(id), { status: 'retired', moved: true, reason: 'signed-out' });

    const user = `user ${id}`;
    id = store.newSessionId();
    strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: of(user, 0) }), true);
    strictEqual(await store.update(id, changing({ b: 2 }), { lifetime: 60, patience: 5, user }), 'updated');
    const handle = store.handleOf(id);
    const next = store.newSessionId(id);
    strictEqual(await store.move(id, next, NOTHING, { lifetime: 60, patience: 5, newInfo: of(user, 0) }), 'moved');
    deepStrictEqual((await store.sessionsOf(user)).map(each => each.handle), [handle]);
    deepStrictEqual(await store.endSessionsOf(user, { only: handle }), [handle]);
    id = store.newSessionId();
    strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: of(user, 0) }), true);
    deepStrictEqual(await store.endSessionsOf(user), [store.handleOf(id)]);
    strictEqual(await store.create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 60, newInfo: of(user, 60) }), 'revoked');
    id = store.newSessionId();
    strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 60 }), true);
    await store.endAllSessions();
    deepStrictEqual(await store.load(id), { status: 'retired', moved: false, reason: 'revoked' });

  }

  it('gives the same answer as the first time, and changes nothing more', async () => {

    // In the first round the server gets the scripts, and executes each once.
    for (let time = 0; time < 2; time++) await tryAll(new RedisStore({ client: twice() }));

  });

  it('as with a client that repeats commands without an answer', async () => {

    const proxy = await TcpProxy.start(redis.server.url);
    const client = new Redis(proxy.url, { retryStrategy: () => 1 }).on('error', () => {});
    try {
      // The answer to each script is lost once, with its connection.
      proxy.loseAnswersTo(/evalsha/i);
      await tryAll(new RedisStore({ client }));
      ok(proxy.lost >= 10, `${proxy.lost} answers were lost`);
    } finally {
      client.disconnect();
      proxy.close();
    }

  });

});

describe('RedisStore on a server', () => {

  const redis = new PrivateRedis();

  it('that allows only the documented commands serves everything', async t => {

    const page = readFileSync(join(root, 'docs/stores/redis.md'), 'utf8');
    const [, rule = ''] = /ACL SETUSER sessions (.*)/.exec(page) ?? [];
    await redis.client.sendCommand(['ACL', 'SETUSER', 'store', 'reset', ...rule.split(' ')]);
    const url = `${redis.server.url.replace('redis://', 'redis://store:secret@')}/1`;
    for (const open of Object.values(SINGLE)) {
      const { client, close } = await open(url);
      t.after(close);
      const store = new RedisStore({ client });
      for (const [, , call] of METHODS) {
        const id = store.newSessionId();
        await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
        await call(store, id);
      }
      const id = store.newSessionId();
      await store.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: of('Ada', 0) });
      await store.touch(id, 60, 'Ada');
      strictEqual((await store.sessionsOf('Ada')).length, 1);
      strictEqual((await store.endSessionsOf('Ada')).length, 1);
      const { records: [record] } = await store.recordPage();
      ok(record);
      ok((await store.sessionPage()).sessions.length > 0);
      for (const exact of [true, false]) ok((await store.countSessions({ exact })).live > 0);
      ok((await store.ping()).roundTrip > 0);
      ok(await store.takeRecord(record.handle));
      const handle = store.handleOf(store.newSessionId());
      strictEqual(await store.putRecord({ ...record, handle }), true);
      strictEqual(await store.endByHandle(handle), true);
      strictEqual((await store.statesOf([handle]))[0]?.status, 'retired');
      await store.endAllSessions();
      await rejects(new RedisStore({ client, prefix: 'other:' }).create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 60 }), /permission/i);
    }

  });

  it('that refuses the keys of sessions never says that there are none', async t => {

    const owned = new RedisStore({ client: redis.client, prefix: 'owned:' });
    const id = owned.newSessionId();
    await owned.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: of('Ada', 0) });
    await redis.client.set(`owned:${owned.handleOf(owned.newSessionId())}`, 'of another program');
    await redis.client.lPush(`owned:${owned.handleOf(owned.newSessionId())}`, 'of a third one');
    strictEqual((await owned.sessionPage()).sessions.length, 1);
    strictEqual((await owned.countSessions({ exact: true })).live, 1);

    await redis.client.sendCommand(['ACL', 'SETUSER', 'narrow', 'reset', 'on', '>secret', '~other:*', '+@all']);
    for (const open of Object.values(SINGLE)) {
      const { client, close } = await open(redis.server.url.replace('redis://', 'redis://narrow:secret@'));
      t.after(close);
      const store = new RedisStore({ client, prefix: 'owned:' });
      const handle = owned.handleOf(id);
      const moving = migrating({ from: store, to: new MemoryStore() });
      for (const refused of [
        () => store.sessionPage(), () => store.recordPage(), () => store.countSessions({ exact: true }), () => store.countSessions(), () => moving.remaining(),
        () => store.takeRecord(handle), () => store.endByHandle(handle), () => store.load(id), () => store.infoByHandle(handle), () => store.statesOf([handle]),
        () => store.sessionsOf('Ada'), () => store.endSessionsOf('Ada'), () => store.endAllSessions(),
      ]) await rejects(refused, /permission/i);
    }
    strictEqual((await owned.load(id))?.status, 'live');

  });

  it('that does not know a cursor has given it to no page', async () => {

    for (const open of Object.values(SINGLE)) {
      const { client, close } = await open(redis.server.url);
      const store = new RedisStore({ client });
      const [, server] = /run_id:(\w+)/.exec(await redis.client.info('server')) ?? [];
      for (const after of [`${server}:${'9'.repeat(20)}:`, `${server}:0:${'a'.repeat(1_000_000)}`]) {
        for (const page of [() => store.sessionPage({ after }), () => store.recordPage({ after })]) {
          await rejects(page, ({ name, message }: Error) => name === 'TypeError' && message.startsWith('after is "') && message.length < 400);
        }
      }
      close();
    }

  });

  it('that is full refuses to grow, reads, and keeps the sessions that it has', async () => {

    const store = new RedisStore({ client: redis.client });
    const id = store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
    await redis.client.sendCommand(['CONFIG', 'SET', 'maxmemory', '1']);
    try {
      await rejects(store.update(id, changing({ b: 2 }), { lifetime: 60 }), /OOM/);
      await rejects(store.create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 60 }), /OOM/);
      deepStrictEqual(await store.get(id), { a: 1 });
    } finally {
      await redis.client.sendCommand(['CONFIG', 'SET', 'maxmemory', '0']);
    }
    strictEqual(await store.update(id, changing({ b: 2 }), { lifetime: 60 }), 'updated');
    deepStrictEqual(await store.get(id), { a: 1, b: 2 });

  });

  it('sends no values to list sessions, nor to count them at a sign-in', async () => {

    const store = new RedisStore({ client: redis.client });
    const sent = async () => Number(/total_net_output_bytes:(\d+)/.exec(await redis.client.info('stats'))?.[1]);
    const large = 'x'.repeat(200_000);
    // The header of this session is longer than the part that is usually fetched.
    const users = ['Ada', 'A'.repeat(10_000)];
    for (const user of users) {
      for (let count = 0; count < 20; count++) {
        const newInfo = { info: { user, details: JSON.stringify({ count }) } };
        await store.create(store.newSessionId(), toTexts({ large }), { lifetime: 60, newInfo });
      }
      const before = await sent();
      const sessions = await store.sessionsOf(user);
      deepStrictEqual(sessions.map(({ details }) => JSON.parse(details).count).sort((a, b) => a - b), Array.from({ length: 20 }, (_, count) => count));
      ok(await sent() - before < 20 * (user.length + 1000), `${await sent() - before} bytes`);
    }
    const { browser } = site({ '/sign-in': ctx => { ctx.session.userId = 'Ada'; } }, { store, user: 'userId', maxUserSessions: 20 });
    const before = await sent();
    strictEqual((await browser.get('/sign-in')).status, 200);
    ok(await sent() - before < 40_000, `${await sent() - before} bytes`);
    strictEqual((await store.sessionsOf('Ada')).length, 20);

  });

  it('removes expired sessions without a clean-up', async () => {

    const store = new RedisStore({ client: redis.client });
    const [living, ended] = [store.newSessionId(), store.newSessionId()];
    for (const id of [living, ended]) await store.create(id, toTexts({ a: 1 }), { lifetime: RETIRED_FOR * 10 });
    await store.end(ended);
    strictEqual(await redis.client.dbSize() >= 2, true);
    for (const key of await redis.client.keys('session:*')) ok(await redis.client.pTTL(key) > 0, `${key} never expires`);
    await store.set(living, { a: 1 }, Date.now() / 1000 + 0.05);
    await until('the key has expired', async () => await store.load(living) === null);
    strictEqual(await store.touch(living, 60), false);
    strictEqual(await store.update(living, changing({ a: 2 }), { lifetime: 60 }), 'gone');
    strictEqual(await store.create(living, toTexts({ a: 3 }), { lifetime: 60 }), true);

  });

  it('that is killed and started again has every acknowledged change, with each client', async t => {

    const opened = await Promise.all(Object.values(SINGLE).map(open => open(redis.server.url)));
    for (const { close } of opened) t.after(close);
    const stores = opened.map(({ client }: { client: NodeRedisClient | IoredisClient }) => new RedisStore({ client }));
    const ids = await Promise.all(stores.map(async (store, index) => {
      const id = store.newSessionId();
      await store.create(id, toTexts({ a: 1 }), { lifetime: 60 });
      for (let count = 0; count < 10; count++) await store.update(id, changing({ count, index }), { lifetime: 60 });
      const next = store.newSessionId(id);
      await store.move(id, next, NOTHING, { lifetime: 60 });
      return [id, next] as const;
    }));
    await redis.server.kill();
    await redis.server.start();
    const startedAt = performance.now();
    for (const [index, store] of stores.entries()) {
      const [former, id] = ids[index] as readonly [string, string];
      while (!await store.touch(id, 60).catch(() => false)) {
        ok(performance.now() - startedAt < 10_000, 'the client does not connect again, or the session is gone');
        // The clients have no event in common for this.
        await setTimeout(20);
      }
      deepStrictEqual(await store.get(id), { a: 1, count: 9, index });
      deepStrictEqual(markOf(await store.load(former)), { status: 'retired', moved: true });
      strictEqual(await store.update(id, changing({ after: true }), { lifetime: 60 }), 'updated');
    }

  });

});
