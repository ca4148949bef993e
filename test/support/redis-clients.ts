import { Cluster, Redis } from 'ioredis';
import { createClient, createClientPool, createCluster } from 'redis';
import { createClient as createClient5, createCluster as createCluster5 } from 'redis-5';
import type { IoredisClient, NodeRedisClient } from '../../src/stores/redis-store.js';
import { redisClusterUrls, redisUrl } from './servers/addresses.js';

export interface OpenClient {
  readonly client: NodeRedisClient | IoredisClient;
  close(): void;
}

/** The commands that fail with a connection report its error. */
const ignore = () => {};

const CONNECTING = { socket: { connectTimeout: 2000, reconnectStrategy: 50 }, disableOfflineQueue: true };

/** Opens a client of each kind, on one server. */
export const SINGLE: { readonly [kind: string]: (url?: string) => Promise<OpenClient> } = {

  'redis 6, client': async (url = redisUrl()) => {
    const client = createClient({ url, ...CONNECTING, commandOptions: { timeout: 0 } }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.destroy() };
  },

  'redis 6, pool': async (url = redisUrl()) => {
    const client = createClientPool({ url, ...CONNECTING, commandOptions: { timeout: 0 } }, { minimum: 2, maximum: 4 }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.destroy() };
  },

  'redis 5, client': async (url = redisUrl()) => {
    const client = createClient5({ url, ...CONNECTING }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.destroy() };
  },

  'ioredis, client': async (url = redisUrl()) => {
    const client = new Redis(url, { lazyConnect: true, enableAutoPipelining: true, maxRetriesPerRequest: 0 }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.disconnect() };
  },

};

/** Opens a client of each kind, on a cluster. */
export const CLUSTERED: { readonly [kind: string]: (urls?: readonly string[]) => Promise<OpenClient> } = {

  'redis 6, cluster': async (urls = redisClusterUrls()) => {
    const client = createCluster({
      rootNodes: urls.map(url => ({ url })), defaults: CONNECTING, commandOptions: { timeout: 0 },
      topologyRefreshOnReconnectionAttemptStrategy: 500,
    }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.destroy() };
  },

  'redis 5, cluster': async (urls = redisClusterUrls()) => {
    const client = createCluster5({ rootNodes: urls.map(url => ({ url })), defaults: CONNECTING }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.destroy() };
  },

  'ioredis, cluster': async (urls = redisClusterUrls()) => {
    const client = new Cluster([...urls], { lazyConnect: true }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.disconnect() };
  },

};
