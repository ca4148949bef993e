import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { type IoredisClient, type NodeRedisClient, RedisStore } from '../../../src/stores/redis-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { type OpenClient, SINGLE } from '../../support/redis-clients.js';
import { startPair } from '../../support/redis-fail-over.js';
import { until } from '../../support/until.js';
import { startRedis } from '../../support/servers/redis.js';
import { freePort } from '../../support/servers/server.js';

type Open = (url: string) => Promise<OpenClient>;

/** A client with a method for `WAIT`, as all have. A pool is left out, since it may send WAIT on another connection than the change. */
type Waiting = (NodeRedisClient | IoredisClient) & { wait(replicas: number, milliseconds: number): Promise<number> };

const KINDS = Object.entries(SINGLE).filter(([kind]) => !kind.includes('pool')) as Array<[string, Open]>;

/** Starts a master with a replica, and a store with two sessions of a user that both servers have. */
async function startFollowed(t: TestContext, open: Open) {

  const master = await startRedis('--repl-diskless-sync-delay', '0');
  t.after(() => master.kill());
  const { hostname, port } = new URL(master.url);
  const replica = await startRedis('--replicaof', hostname, port);
  t.after(() => replica.kill());
  const admin = createClient({ url: replica.url }).on('error', () => {});
  await admin.connect();
  t.after(() => admin.destroy());

  const { client, close } = await open(master.url);
  t.after(close);
  const wait = (replicas: number, milliseconds: number) => (client as Waiting).wait(replicas, milliseconds);
  const store = new RedisStore({ client });
  const ids = [store.newSessionId(), store.newSessionId()] as const;
  for (const id of ids) strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 600, newInfo: { info: { user: 'Ada', details: '' } } }), true);
  // Without a time limit.
  strictEqual(await wait(1, 0), 1);

  /** Cuts the replica off, as a broken network does: it keeps its data, and gets no more. */
  const cut = async () => {
    await admin.sendCommand(['REPLICAOF', '127.0.0.1', String(await freePort())]);
  };
  /** Kills the master and promotes its replica. Returns a store on that. */
  const failOver = async () => {
    await master.kill();
    await admin.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    const there = await open(replica.url);
    t.after(there.close);
    return new RedisStore({ client: there.client });
  };
  return { store, ids, wait, cut, failOver };

}

/** Which of the sessions are live, without ids: those must not be in any output. */
const states = (store: RedisStore, ids: readonly string[]) => Promise.all(ids.map(async id => (await store.load(id))?.status));

describe('A sign-out that a Redis master has acknowledged', () => {

  for (const [kind, open] of KINDS) {

    it(`is lost in a fail-over to a replica without it, a limit of the engine which WAIT shows by the answer 0, with ${kind}`, async t => {

      const { store, ids, wait, cut, failOver } = await startFollowed(t, open);
      await cut();
      strictEqual(await store.end(ids[0]), true);
      strictEqual(await wait(1, 100), 0);
      strictEqual((await store.endSessionsOf('Ada')).length, 1);
      strictEqual(await wait(1, 100), 0);
      deepStrictEqual(await states(store, ids), ['retired', 'retired']);
      const there = await failOver();
      deepStrictEqual(await states(there, ids), ['live', 'live']);
      // The application knows from that answer, and can end them there.
      strictEqual((await there.endSessionsOf('Ada')).length, 2);
      deepStrictEqual(await states(there, ids), ['retired', 'retired']);

    });

    it(`holds after a fail-over if WAIT has answered 1, with ${kind}`, async t => {

      const { store, ids, wait, failOver } = await startFollowed(t, open);
      strictEqual(await store.end(ids[0]), true);
      strictEqual(await wait(1, 0), 1);
      strictEqual((await store.endSessionsOf('Ada')).length, 1);
      strictEqual(await wait(1, 0), 1);
      const there = await failOver();
      deepStrictEqual(await states(there, ids), ['retired', 'retired']);

    });

  }

});

describe('The documented setting of ioredis', () => {

  it('leaves a master that has become a replica, and writes to the server that the address now leads to', async t => {

    const { change, failOver } = await startPair(t, async url => {
      const client = new Redis(url, {
        lazyConnect: true, enableAutoPipelining: true, enableOfflineQueue: false, maxRetriesPerRequest: 0, socketTimeout: 5000,
        reconnectOnError: ({ message }) => message.includes('READONLY'),
      }).on('error', () => {});
      await client.connect();
      return { client, close: () => client.disconnect() };
    });
    await failOver();
    ok(await until('the new master is reached', change) < 5000);

  });

});
