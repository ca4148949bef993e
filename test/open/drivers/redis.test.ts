import { ok, rejects, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as ioredis from 'ioredis';
import * as redis from 'redis';
import * as redis5 from 'redis-5';
import type { Driver } from '../../../src/open/drivers/load-driver.js';
import { openRedis } from '../../../src/open/drivers/redis.js';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { admin, startPair } from '../../support/redis-fail-over.js';
import { redisClusterUrls } from '../../support/servers/addresses.js';
import { startRedis, startRedisClusterOfOne, startSentinel } from '../../support/servers/redis.js';
import { freePort } from '../../support/servers/server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';

const DRIVERS: { readonly [client: string]: Driver } = {
  'redis 6': { name: 'redis', exports: redis },
  'redis 5': { name: 'redis', exports: redis5 },
  ioredis: { name: 'ioredis', exports: ioredis.Redis },
};

for (const [name, driver] of Object.entries(DRIVERS)) {

  describe(`A connection that was opened with ${name}`, { concurrency: true, timeout: 60_000 }, () => {

    it('leaves a master that has become a replica, and writes where the address leads now', async t => {

      const { change, failOver } = await startPair(t, url => openRedis(url, driver));
      await failOver();
      const took = await until('the new master is reached', change);
      ok(took < 5000, `it took ${took} ms`);

    });

    it('leaves it also if there are only reads, which would show sessions that were ended', async t => {

      const { store, id, replica, failOver } = await startPair(t, url => openRedis(url, driver));
      await failOver(`redis://127.0.0.1:${await freePort()}`);
      const there = await openRedis(replica.url, driver);
      t.after(there.close);
      strictEqual(await new RedisStore({ client: there.client }).end(id), true);
      const took = await until('the new master is read', async () => (await store.load(id))?.status === 'retired');
      ok(took < 5000, `it took ${took} ms`);

    });

    it('says why it can\'t be opened', async t => {

      const server = await startRedis();
      t.after(() => server.kill());
      await rejects(openRedis(server.url.replace('//', '//ada:wrong@'), driver), /WRONGPASS/);
      await server.kill();
      await rejects(openRedis(server.url, driver), /ECONNREFUSED/);

    });

    it('is refused if it leads to one node of a cluster, to a replica of one, or to a sentinel', async t => {

      const nodes = redisClusterUrls();
      for (const url of [nodes[0] as string, nodes.at(-1) as string]) {
        await rejects(openRedis(url, driver), { code: 'ERR_SESSION_REDIS_CLUSTER', message: /^it is one node of a cluster, .* redis\+cluster:/ });
      }
      const empty = await startRedis('--cluster-enabled', 'yes');
      t.after(() => empty.kill());
      await rejects(openRedis(empty.url, driver), { code: 'ERR_SESSION_REDIS_CLUSTER' });
      const sentinel = await startSentinel(empty, 'any');
      t.after(() => sentinel.kill());
      await rejects(openRedis(sentinel.url, driver), { code: 'ERR_SESSION_REDIS_SENTINEL', message: /^it is a sentinel/ });

    });

    it('works with the only master of a cluster, also if its user may not ask', async t => {

      const node = await startRedisClusterOfOne();
      t.after(() => node.kill());
      const command = await admin(t, node.url);
      for (const [user, ...rights] of [['all'], ['some', '-cluster'], ['few', '-cluster|myid'], ['fewer', '-cluster', '-info']]) {
        await command('ACL', 'SETUSER', user as string, 'on', '>secret', '~*', '+@all', ...rights);
        const { client, close } = await openRedis(node.url.replace('//', `//${user}:secret@`), driver);
        t.after(close);
        const store = new RedisStore({ client });
        for (let times = 0; times < 10; times++) strictEqual(await store.create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 600 }), true);
      }

    });

    it('stays if its user may not ask for the role', async t => {

      const server = await startRedis();
      t.after(() => server.kill());
      const command = await admin(t, server.url);
      await command('ACL', 'SETUSER', 'narrow', 'on', '>secret', '~*', '+@all', '-info');
      const address = await TcpProxy.start(server.url);
      t.after(() => address.close());
      const { client, close } = await openRedis(address.url.replace('//', '//narrow:secret@'), driver);
      t.after(close);
      const store = new RedisStore({ client });
      const connections = address.connections;
      // More often than an answer may be missing.
      const refused = async () => Number(/cmdstat_info:.*rejected_calls=(\d+)/.exec(String(await command('INFO', 'commandstats')))?.[1]);
      await until('the question is refused seven times', async () => await refused() >= 7);
      strictEqual(await store.create(store.newSessionId(), toTexts({ a: 1 }), { lifetime: 600 }), true);
      strictEqual(address.connections, connections);

    });

  });

}
