import { strictEqual } from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createClient } from 'redis';
import { type IoredisClient, type NodeRedisClient, RedisStore } from '../../src/stores/redis-store.js';
import { toTexts } from '../../src/values/session-values.js';
import { startRedis } from './servers/redis.js';
import { TcpProxy } from './tcp-proxy.js';

/** What has to be ended after a test. */
type Ends = Pick<TestContext, 'after'>;

/** Gives commands to a server. */
export async function admin(t: Ends, url: string) {

  const client = createClient({ url }).on('error', () => {});
  await client.connect();
  t.after(() => client.destroy());
  return (...command: string[]) => client.sendCommand(command);

}

/**
 * Starts a master and a replica, under the address of the master, and a store
 * with one session there.
 */
export async function startPair(t: Ends, open: (url: string) => Promise<{ client: NodeRedisClient | IoredisClient; close(): unknown }>) {

  const master = await startRedis('--repl-diskless-sync-delay', '0');
  t.after(() => master.kill());
  const { hostname, port } = new URL(master.url);
  const replica = await startRedis('--repl-diskless-sync-delay', '0', '--replicaof', hostname, port);
  t.after(() => replica.kill());
  const address = await TcpProxy.start(master.url);
  t.after(() => address.close());
  const { client, close } = await open(address.url);
  t.after(async () => void await close());
  const store = new RedisStore({ client });
  const id = store.newSessionId();
  strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 600 }), true);
  const [ofMaster, ofReplica] = [await admin(t, master.url), await admin(t, replica.url)];
  // WAIT counts what its own connection has written, and takes as long as it must.
  await ofMaster('SET', 'others', 'x');
  strictEqual(Number(await ofMaster('WAIT', '1', '0')), 1);

  /**
   * Makes the replica the master, and the address lead there.
   *
   * @param leader which the old master follows, as far as it reaches it
   */
  const failOver = async (leader = replica.url) => {
    await ofReplica('REPLICAOF', 'NO', 'ONE');
    const there = new URL(leader);
    await ofMaster('REPLICAOF', there.hostname, there.port);
    address.leadTo(replica.url);
  };
  /** A change that each master makes, and no replica. */
  const change = async () => await store.update(id, { set: toTexts({ b: 2 }), unset: [] }, { lifetime: 600 }) === 'updated';
  return { store, id, change, replica, failOver };

}
