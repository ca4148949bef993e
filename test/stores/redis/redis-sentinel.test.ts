import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { on } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createClient, createSentinel } from 'redis';
import { createSentinel as createSentinel5 } from 'redis-5';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { storeTests } from '../../../src/testing/index.js';
import { toTexts } from '../../../src/values/session-values.js';
import type { OpenClient } from '../../support/redis-clients.js';
import { startRedis, startSentinel } from '../../support/servers/redis.js';
import type { Server } from '../../support/servers/server.js';
import { until } from '../../support/until.js';

/** The name under which the sentinel watches the master. */
const NAME = 'sessions';

const ignore = () => {};

/** Opens a client of each kind, by the address of a sentinel. */
const KINDS: { readonly [kind: string]: (sentinel: { host: string; port: number }) => Promise<OpenClient> } = {

  'redis 6': async sentinel => {
    const client = createSentinel({
      name: NAME, sentinelRootNodes: [sentinel], commandOptions: { timeout: 0 }, scanInterval: 500,
    }).on('error', ignore);
    await client.connect();
    return { client, close: () => void client.destroy() };
  },

  'redis 5': async sentinel => {
    const client = createSentinel5({ name: NAME, sentinelRootNodes: [sentinel], scanInterval: 500 }).on('error', ignore);
    await client.connect();
    return { client, close: () => void client.destroy() };
  },

  ioredis: async sentinel => {
    const client = new Redis({ name: NAME, sentinels: [sentinel], lazyConnect: true, maxRetriesPerRequest: 1 }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.disconnect() };
  },

};

describe('RedisStore with a sentinel', () => {

  const servers: Server[] = [];
  const opened: OpenClient[] = [];
  let sentinel: { host: string; port: number };

  before(async () => {
    const master = await startRedis();
    const { hostname, port } = new URL(master.url);
    const replica = await startRedis('--replicaof', hostname, port);
    servers.push(master, replica);
    const watcher = await startSentinel(master, NAME);
    servers.push(watcher);
    sentinel = { host: '127.0.0.1', port: Number(new URL(watcher.url).port) };
    const asked = createClient({ url: watcher.url });
    await asked.connect();
    // The sentinel must know the replica, and the replica must be in sync: no event reports either.
    await until('the sentinel knows the replica', async () => (await asked.sendCommand<unknown[]>(['SENTINEL', 'REPLICAS', NAME])).length > 0);
    asked.destroy();
    const follower = createClient({ url: replica.url });
    await follower.connect();
    await until('the replica is in sync', async () => (await follower.info('replication')).includes('master_link_status:up'));
    follower.destroy();
  });

  after(async () => {
    for (const { close } of opened) close();
    await Promise.all(servers.map(server => server.kill()));
  });

  for (const [kind, open] of Object.entries(KINDS)) {

    describe(`of ${kind}`, () => {

      const openStore = async () => {
        const each = await open(sentinel);
        opened.push(each);
        return new RedisStore({ client: each.client });
      };

      for (const { name, run } of storeTests(openStore, { trials: 2 })) it(name, run);

      it('ends the sessions of a user, and all sessions', async () => {

        const each = await open(sentinel);
        opened.push(each);
        const store = new RedisStore({ client: each.client, prefix: `${kind}:` });
        const ids = [store.newSessionId(), store.newSessionId(), store.newSessionId()] as const;
        for (const id of ids) await store.create(id, toTexts({ a: 1 }), { lifetime: 60, newInfo: { info: { user: id === ids[0] ? 'Ada' : 'Bob', details: '' } } });
        strictEqual((await store.endSessionsOf('Ada')).length, 1);
        strictEqual((await store.sessionsOf('Bob')).length, 2);
        await store.endAllSessions();
        for (const id of ids) strictEqual((await store.load(id))?.status, 'retired');

      });

      it('warns of a master that removes keys when it is full', async () => {

        const admin = createClient({ url: (servers[0] as Server).url });
        await admin.connect();
        const setUp = async (maxmemory: string, policy: string) => {
          await admin.sendCommand(['CONFIG', 'SET', 'maxmemory', maxmemory]);
          await admin.sendCommand(['CONFIG', 'SET', 'maxmemory-policy', policy]);
        };
        const each = await open(sentinel);
        opened.push(each);
        const prefix = `warned ${kind}:`;
        const warnings = on(process, 'warning', { signal: AbortSignal.timeout(10_000) });
        await setUp('100mb', 'volatile-ttl');
        try {
          const store = new RedisStore({ client: each.client, prefix });
          await store.load(store.newSessionId());
          for await (const [{ code, message }] of warnings) if (code === 'SESSION_EVICTION' && message.includes(prefix)) break;
        } finally {
          await setUp('0', 'noeviction');
          admin.destroy();
        }

      });

    });

  }

  it('continues with the replica when the master fails', async t => {

    const [master] = servers as [Server, Server];
    const asked = createClient({ url: master.url }).on('error', ignore);
    await asked.connect();
    const sessions = await Promise.all(Object.entries(KINDS).map(async ([kind, open]) => {
      const each = await open(sentinel);
      opened.push(each);
      const store = new RedisStore({ client: each.client });
      const [id, ended] = [store.newSessionId(), store.newSessionId()];
      for (const one of [id, ended]) await store.create(one, toTexts({ kind }), { lifetime: 60 });
      await store.end(ended);
      return { kind, store, id, ended };
    }));
    // WAIT covers what its own connection has written, and everything written before that.
    await asked.set('written', 'last');
    strictEqual(await asked.wait(1, 5000), 1);
    asked.destroy();

    const killedAt = performance.now();
    await master.kill();
    for (const { kind, store, id, ended } of sessions) {
      while (!await store.touch(id, 60).catch(() => false)) {
        ok(performance.now() - killedAt < 40_000, `${kind} does not find the new master`);
        // The clients have no event for this.
        await setTimeout(50);
      }
      t.diagnostic(`${kind} answers after ${Math.round(performance.now() - killedAt)} ms`);
      deepStrictEqual(await store.get(id), { kind });
      strictEqual(await store.get(ended), null);
      strictEqual(await store.update(id, { set: toTexts({ after: true }), unset: [] }, { lifetime: 60, patience: 5 }), 'updated');
      strictEqual(await store.update(ended, { set: toTexts({ after: true }), unset: [] }, { lifetime: 60, patience: 5 }), 'gone');
    }

  });

});
