import type { SessionStore } from '../../../src/index.js';
import { migrating } from '../../../src/migration/migrating-store.js';
import { openStore } from '../../../src/open/open-store.js';

/**
 * Opens the store of an address; several that are separated by commas are the nodes of a
 * Redis cluster, and two that are separated by a space, stores between which sessions move.
 */
export async function openTestStore(address: string): Promise<SessionStore> {

  if (address.includes(' ')) {
    const [from, to] = await Promise.all(address.split(' ').map(openTestStore));
    return migrating({ from, to });
  }
  if (!address.includes(',')) return openStore(address);
  const [{ createCluster }, { RedisStore }] = await Promise.all([
    import('redis'), import('../../../src/stores/redis-store.js'),
  ]);
  const client = createCluster({
    rootNodes: address.split(',').map(url => ({ url })),
    defaults: { disableOfflineQueue: true, socket: { connectTimeout: 1000, reconnectStrategy: 50 } },
    commandOptions: { timeout: 0 },
    // Else it would wait forever for a master that has ended.
    topologyRefreshOnReconnectionAttemptStrategy: 500,
  });
  client.on('error', () => {});
  await client.connect();
  return new RedisStore({ client });

}
