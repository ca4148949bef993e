import { warnOnce } from '../../base/warnings.js';
import { type IoredisClient, mastersOf, type NodeRedisClient } from './redis-client.js';

/**
 * Asks the servers for their settings, and warns if they remove keys to make room
 * for others: any key of a session or a user may go then. No request waits for
 * this. If a server does not answer, there is no warning.
 */
export function warnOfEviction(client: NodeRedisClient | IoredisClient, prefix: string): void {

  askMasters(client, prefix).catch(() => {});

}

async function askMasters(client: NodeRedisClient | IoredisClient, prefix: string): Promise<void> {

  const masters = await mastersOf(client) as ReadonlyArray<Pick<NodeRedisClient | IoredisClient, 'info'>>;
  await Promise.all(masters.map(async master => {
    // Unlike CONFIG, this command is allowed by hosted servers, and clients use it themselves.
    const memory = String(await master.info?.('memory'));
    const [, policy] = /^maxmemory_policy:([\w-]+)/m.exec(memory) ?? [];
    if (policy === undefined || policy === 'noeviction' || !/^maxmemory:[1-9]/m.test(memory)) return;
    warnOnce('SESSION_EVICTION', `The Redis server of the sessions ${prefix}* has the maxmemory-policy ${policy}: when it is full, it ends sessions before their time, and forgets whose sessions are where and when they were ended. Set maxmemory-policy to noeviction`);
  }));

}
