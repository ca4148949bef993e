import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { createClient, createClientPool } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import { cached } from '../../../src/cache/cached-store.js';
import type { LoadTerms } from '../../../src/index.js';
import { openStore } from '../../../src/open/open-store.js';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';
import { PrivateRedis } from './private-redis.js';

const COPY: LoadTerms = { mayBeCached: true };
const nothing = { set: new Map<string, string>(), unset: [] };
const change = (text: string) => ({ set: new Map([['key', text]]), unset: [] });

const OPTIONS = { RESP: 3, emitInvalidate: true, socket: { reconnectStrategy: 20 } } as const;

type TrackingClient = ReturnType<typeof createClient>;

const isFulfilled = (answer: PromiseLike<unknown>) => Promise.resolve(answer).then(() => true, () => false);

const CLIENTS: { readonly [version: string]: (url: string) => TrackingClient } = {
  'redis 6': url => createClient({ url, ...OPTIONS, commandOptions: { timeout: 0 } }) as TrackingClient,
  'redis 5': url => createClient5({ url, ...OPTIONS }) as unknown as TrackingClient,
};

for (const [version, connect] of Object.entries(CLIENTS)) {

  describe(`RedisStore.watch() with ${version}`, { timeout: 60_000 }, () => {

    const redis = new PrivateRedis();
    let proxy: TcpProxy;
    let client: TrackingClient;
    let store: RedisStore;
    let reports: Array<string | null> = [];
    let confirm: () => PromiseLike<unknown>;

    before(async () => {
      proxy = await TcpProxy.start(redis.server.url);
      client = connect(proxy.url).on('error', () => {}) as TrackingClient;
      await client.connect();
      store = new RedisStore({ client });
      const watch = store.watch(handle => reports.push(handle));
      ok(watch);
      confirm = () => watch.confirm();
      await confirmed();
      reports = [];
    });
    after(() => {
      client.destroy();
      proxy.close();
    });

    /** Waits until reports are confirmed again, after the connection was lost. */
    const confirmed = () => until('reports are confirmed', () => isFulfilled(confirm()));

    /** A session that the store has loaded. It lives longer if the machine is too busy to load it in time. */
    async function loaded(lifetime = 100): Promise<string> {

      const id = store.newSessionId();
      await redis.store.create(id, new Map([['key', '1']]), { lifetime, newInfo: { info: { user: 'ada', details: '{}' } } });
      if ((await store.load(id))?.status === 'live') return id;
      ok(lifetime < 10, 'a session was lost');
      return loaded(lifetime * 2);

    }

    const CHANGES: { readonly [name: string]: (id: string) => unknown } = {
      'change': id => redis.store.update(id, change('2'), { lifetime: 100 }),
      'touch': id => redis.store.touch(id, 1000),
      'move': id => redis.store.move(id, store.newSessionId(id), nothing, { lifetime: 100 }),
      'end': id => redis.store.end(id),
      'deletion': id => redis.store.delete(id),
      'end of all sessions of its user': () => redis.store.endSessionsOf('ada'),
      'change by its own client': id => store.update(id, change('2'), { lifetime: 100 }),
    };

    for (const [name, act] of Object.entries(CHANGES)) {

      it(`reports the ${name} of a session before it confirms`, async () => {

        const id = await loaded();
        reports = [];
        await act(id);
        await confirm();
        ok(reports.includes(store.handleOf(id)), String(reports));

      });

    }

    it('reports the expiry of a session', async () => {

      const id = await loaded(0.05);
      reports = [];
      await until('the expiry is reported', async () => {
        await redis.client.exists(`session:${store.handleOf(id)}`);
        await confirm();
        return reports.includes(store.handleOf(id));
      });

    });

    it('reports neither keys of others, nor sessions that were not loaded', async () => {

      const id = store.newSessionId();
      await redis.store.create(id, new Map(), { lifetime: 100 });
      await client.get('another');
      reports = [];
      await redis.client.set('another', '1');
      await redis.store.update(id, change('2'), { lifetime: 100 });
      await confirm();
      deepStrictEqual(reports, []);

    });

    const loseConnections = () => redis.client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);

    /** Each ends the connection, and asks for a confirmation. */
    const LOSSES: { readonly [order: string]: () => Promise<unknown> } = {
      'before the client notices': async () => {
        proxy.hang();
        const confirmation = isFulfilled(confirm());
        await loseConnections();
        proxy.resume();
        return confirmation;
      },
      // The client keeps the commands for its next connection.
      'after the client has noticed': async () => {
        const noticed = new Promise(resolve => client.once('reconnecting', () => resolve(undefined)));
        await loseConnections();
        await noticed;
        return isFulfilled(confirm());
      },
    };

    for (const [order, lose] of Object.entries(LOSSES)) {

      it(`says that reports were lost, or does not confirm, if it is asked to ${order} that the connection has ended`, async () => {

        const id = await loaded();
        reports = [];
        const isConfirmed = await lose();
        ok(!isConfirmed || reports.includes(null), 'reports are confirmed that were lost');
        await confirmed();
        ok(reports.includes(null), 'no one learns that reports were lost');
        reports = [];
        await store.load(id);
        await redis.store.end(id);
        await confirm();
        deepStrictEqual(reports, [store.handleOf(id)]);

      });

    }

    it('says so when the server loses all keys', async () => {

      await loaded();
      reports = [];
      await redis.client.flushAll();
      await confirm();
      ok(reports.includes(null));

    });

    it('does not confirm while tracking is off, and says once that reports may be lost', async () => {

      await client.sendCommand(['CLIENT', 'TRACKING', 'OFF']);
      reports = [];
      await rejects(async () => confirm(), /does not report/);
      await rejects(async () => confirm(), /does not report/);
      deepStrictEqual(reports, [null]);
      await client.sendCommand(['CLIENT', 'TRACKING', 'ON']);
      await confirm();
      deepStrictEqual(reports, [null]);

    });

    it('does not confirm with a client that passes no reports on, like redis before 5.9', async () => {

      const silent = connect(redis.server.url).on('error', () => {}) as TrackingClient;
      await silent.connect();
      const listen = silent.on.bind(silent);
      silent.on = ((event: string, listener: () => void) => event === 'invalidate' ? silent : listen(event, listener)) as typeof silent.on;
      try {
        const watch = new RedisStore({ client: silent }).watch(() => {});
        ok(watch);
        for (let times = 0; times < 3; times++) await rejects(async () => watch.confirm(), /does not report/);
      } finally {
        silent.destroy();
      }

    });

    it('does not confirm while nothing passes over the connection', async () => {

      proxy.hang();
      let answered = false;
      const answer = Promise.resolve(confirm()).then(() => { answered = true; }, () => {});
      await redis.client.ping();
      strictEqual(answered, false);
      proxy.resume();
      await answer;
      strictEqual(answered, true);

    });

  });

}

describe('RedisStore.watch()', () => {

  const redis = new PrivateRedis();

  it('is not possible with a client that does not track keys, with a pool, or with ioredis', async () => {

    const { url } = redis.server;
    strictEqual(redis.store.watch(() => {}), null);
    const pool = createClientPool({ url, emitInvalidate: true, RESP: 3 }, { minimum: 1, maximum: 2 }).on('error', () => {});
    strictEqual(new RedisStore({ client: pool as never }).watch(() => {}), null);
    const client = new Redis(url, { lazyConnect: true });
    strictEqual(new RedisStore({ client }).watch(() => {}), null);

  });

  it('is possible with a store that openStore() has opened, which tracks keys only then', async () => {

    const store = await openStore(`${redis.server.url}?prefix=opened:` as `redis://${string}`);
    try {
      const tracking = async () => /flags=\S*t/.test(String(await redis.client.sendCommand(['CLIENT', 'LIST', 'TYPE', 'normal'])));
      strictEqual(await tracking(), false);
      const watch = store.watch(() => {});
      ok(watch);
      await until('reports are confirmed', () => isFulfilled(watch.confirm()));
      strictEqual(await tracking(), true);
    } finally {
      await store.close();
    }

  });

  it('is not possible, and openStore() opens the store, if the server refuses to track keys', async () => {

    await redis.client.sendCommand(['ACL', 'SETUSER', 'restricted', 'on', '>password', '~*', '&*', '+@all', '-client|tracking']);
    const url = new URL(redis.server.url);
    const store = await openStore(`redis://restricted:password@${url.host}` as `redis://${string}`);
    try {
      strictEqual(store.watch(() => {}), null);
      strictEqual(await store.load(store.newSessionId()), null);
    } finally {
      await store.close();
    }

  });

});

describe('cached() on Redis', { timeout: 60_000 }, () => {

  const redis = new PrivateRedis();
  let proxy: TcpProxy;
  let client: TrackingClient;
  before(async () => {
    proxy = await TcpProxy.start(redis.server.url);
    client = CLIENTS['redis 6'](proxy.url).on('error', () => {}) as TrackingClient;
    await client.connect();
  });
  after(() => {
    client.destroy();
    proxy.close();
  });

  it('sees an end by another process as soon as the report has come', async () => {

    // So long that only reports can drop the copy.
    const cache = cached(new RedisStore({ client }), { maxAge: 60 });
    const id = cache.newSessionId() as string;
    await redis.store.create(id, new Map(), { lifetime: 100 });
    strictEqual((await cache.load(id, COPY))?.status, 'live');
    const reported = once(client, 'invalidate');
    await redis.store.end(id);
    await reported;
    strictEqual((await cache.load(id, COPY))?.status, 'retired');

  });

  it('sees it after maxAge if nothing passes over the connection, and fails until it does', async () => {

    const maxAge = 0.3;
    const cache = cached(new RedisStore({ client }), { maxAge });
    const id = cache.newSessionId() as string;
    await redis.store.create(id, new Map(), { lifetime: 100 });
    await cache.load(id, COPY);
    const until = performance.now() + 3 * maxAge * 1000;
    while (performance.now() < until) {
      await cache.load(id, COPY);
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    proxy.hang();
    const hung = performance.now();
    await redis.store.end(id);
    let last = hung;
    let answer = cache.load(id, COPY);
    while (!(answer instanceof Promise)) {
      // What is measured is how old the last copy was, not how fast anything is.
      ok(last - hung <= maxAge * 1000, `a copy was used ${last - hung} ms after the connection was cut`);
      await new Promise(resolve => setTimeout(resolve, 5));
      last = performance.now();
      answer = cache.load(id, COPY);
    }
    proxy.resume();
    strictEqual((await answer)?.status, 'retired');

  });

});
