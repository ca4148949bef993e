import { match, ok, rejects, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, it, type TestContext } from 'node:test';
import * as ioredis from 'ioredis';
import * as redis from 'redis';
import * as redis5 from 'redis-5';
import type { Driver } from '../../../src/open/drivers/load-driver.js';
import { openRedisCluster } from '../../../src/open/drivers/redis-cluster.js';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { admin } from '../../support/redis-fail-over.js';
import { redisUrl } from '../../support/servers/addresses.js';
import { startRedisCluster } from '../../support/servers/redis.js';
import { freePort, type Server } from '../../support/servers/server.js';
import { until } from '../../support/until.js';

const DRIVERS: { readonly [client: string]: Driver } = {
  'redis 6': { name: 'redis', exports: redis },
  'redis 5': { name: 'redis', exports: redis5 },
  ioredis: { name: 'ioredis', exports: ioredis.Redis },
};

const SESSIONS = 30;

describe('Opening a cluster of Redis', () => {

  let nodes: Server[] = [];
  before(async () => { nodes = await startRedisCluster(); });
  after(() => Promise.all(nodes.map(node => node.kill())));

  const open = async (t: TestContext, driver: Driver, urls: readonly string[]) => {
    const { client, close } = await openRedisCluster(urls as [string], driver);
    t.after(close);
    return new RedisStore({ client });
  };

  /** Begins enough sessions for each master to have some. */
  const begin = async (store: RedisStore) => {
    const ids = Array.from({ length: SESSIONS }, () => store.newSessionId());
    for (const id of ids) strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 600 }), true);
    return ids;
  };

  const areLive = async (store: RedisStore, ids: readonly string[]) => {
    const found = await Promise.all(ids.map(id => store.load(id)));
    return found.every(each => each?.status === 'live');
  };

  for (const [name, driver] of Object.entries(DRIVERS)) {

    it(`finds all masters by any node, also if another one of the address is away (${name})`, async t => {

      const away = `redis://127.0.0.1:${await freePort()}`;
      const store = await open(t, driver, [away, (nodes[5] as Server).url]);
      ok(await areLive(store, await begin(store)));
      strictEqual((await store.countSessions({ exact: true })).live >= SESSIONS, true);

    });

    it(`does not wait for a node of the address that is silent, or whose name no one knows (${name})`, async t => {

      const silent = createServer(socket => { socket.on('error', () => {}); }).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      t.after(() => silent.close());
      const { port } = silent.address() as { port: number };
      const urls = [`redis://127.0.0.1:${port}`, 'redis://nowhere.invalid:6379', (nodes[4] as Server).url];
      // Drivers begin with any of them.
      for (let times = 0; times < 5; times++) {
        const { client, close } = await openRedisCluster(urls as unknown as [string], driver);
        ok(await areLive(new RedisStore({ client }), await begin(new RedisStore({ client }))));
        await close();
      }

    });

    it(`uses the login of the address for every node (${name})`, async t => {

      for (const { url } of nodes) await (await admin(t, url))('ACL', 'SETUSER', 'ada', 'on', '>p@ss', '~*', '+@all');
      const store = await open(t, driver, [(nodes[1] as Server).url.replace('//', '//ada:p%40ss@')]);
      ok(await areLive(store, await begin(store)));
      const users = await Promise.all(nodes.slice(0, 3).map(async ({ url }) => String(await (await admin(t, url))('CLIENT', 'LIST'))));
      for (const list of users) match(list, / user=ada /);

    });

    it(`says why it can't be opened (${name})`, async () => {

      const [{ url }] = nodes as [Server];
      await rejects(openRedisCluster([url.replace('//', '//ada:wrong@')], driver), /WRONGPASS/);
      await rejects(openRedisCluster([`redis://127.0.0.1:${await freePort()}`], driver), /ECONNREFUSED/);
      await rejects(openRedisCluster([redisUrl()], driver), { code: 'ERR_SESSION_REDIS_SINGLE', message: /^it is not a node of a cluster: / });

    });

    it(`answers what is under way when it is closed, and nothing after that (${name})`, async () => {

      const { client, close } = await openRedisCluster([(nodes[2] as Server).url], driver);
      const store = new RedisStore({ client });
      const ids = await begin(store);
      const [found] = await Promise.all([areLive(store, ids), close()]);
      ok(found);
      await rejects(async () => { await store.load(ids[0] as string); });

    });

  }

  it('is refused if its nodes do not say their hosts, since ioredis would know no master', async t => {

    const commands = await Promise.all(nodes.map(({ url }) => admin(t, url)));
    const set = (type: string) => Promise.all(commands.map(command => command('CONFIG', 'SET', 'cluster-preferred-endpoint-type', type)));
    const urls = [(nodes[0] as Server).url] as const;
    try {
      await set('unknown-endpoint');
      await rejects(openRedisCluster(urls, DRIVERS.ioredis), /do not say their hosts/);
      const store = await open(t, DRIVERS['redis 6'] as Driver, urls);
      ok(await areLive(store, await begin(store)));
    } finally {
      await set('ip');
    }

  });

  it('goes on with the replica of a master that is silent (ioredis)', { timeout: 60_000 }, async t => {

    const store = await open(t, DRIVERS.ioredis as Driver, [(nodes[0] as Server).url]);
    const ids = await begin(store);
    const [silent] = nodes as [Server];
    const command = await admin(t, silent.url);
    await until('the replica has everything', async () => {
      const info = String(await command('INFO', 'replication'));
      const [, own] = /master_repl_offset:(\d+)/.exec(info) ?? [];
      const [, theirs] = /slave0:.*offset=(\d+)/.exec(info) ?? [];
      return own === theirs;
    });
    silent.freeze();
    t.after(() => silent.thaw());
    const states = async () => Promise.all(ids.map(async id => {
      const late = new Promise<'late'>(resolve => { setTimeout(resolve, 500, 'late'); });
      return Promise.race([Promise.resolve(store.load(id)).then(found => found?.status, () => 'failed'), late]);
    }));
    const before = await states();
    ok(before.includes('late'), 'a master with some of the sessions was silent');
    const took = await until('all sessions can be read again', async () => (await states()).every(state => state === 'live'));
    ok(took < 20_000, `it took ${took} ms`);
    t.diagnostic(`all sessions could be read again ${Math.round(took)} ms after the master had become silent, of which its replica waits for 2 s`);

  });

});
