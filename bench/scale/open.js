import { openStore } from '../../dist/open/open-store.js';
import { RedisStore } from '../../dist/stores/redis-store.js';

/** Clients of a Redis cluster, set up as docs/stores/redis.md says. */
const CLUSTERS = {
  redis: async urls => {
    const { createCluster } = await import('redis');
    const client = createCluster({
      rootNodes: urls.map(url => ({ url })),
      defaults: { disableOfflineQueue: true, socket: { connectTimeout: 2000 } },
      commandOptions: { timeout: 0 },
      topologyRefreshOnReconnectionAttemptStrategy: 500,
    });
    client.on('error', () => {});
    await client.connect();
    return { client, close: () => client.close() };
  },
  ioredis: async urls => {
    const { Cluster } = await import('ioredis');
    const client = new Cluster(urls.map(url => ({ host: '127.0.0.1', port: Number(new URL(url).port) })), {
      lazyConnect: true,
      enableAutoPipelining: true,
      slotsRefreshInterval: 1000,
      redisOptions: { connectTimeout: 2000, socketTimeout: 5000 },
    });
    client.on('error', () => {});
    await client.connect();
    return { client, close: () => client.quit() };
  },
};

/**
 * Opens a store and returns how to close it.
 *
 * @param address as `openStore` takes it, or the nodes of a cluster between commas
 * @param driver the client of a cluster
 */
export async function open(address, driver = 'redis') {

  if (!address.includes(',')) {
    const store = await openStore(address);
    return { store, close: () => store.close() };
  }
  const { client, close } = await CLUSTERS[driver](address.split(','));
  return { store: new RedisStore({ client }), close };

}
