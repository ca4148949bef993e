import { UnfitServer } from './connection-errors.js';
import { ANSWERING, CLOSING, CONNECTING, pause, within } from './limits.js';
import { type Driver, loadDriver } from './load-driver.js';
import { openRedis, type RedisConnection } from './redis.js';
import { IOREDIS, REDIS } from './redis-drivers.js';

/** The milliseconds between two questions which nodes are masters. */
const LOOKING = 1000;

/** The milliseconds for which a node of the address is asked for the others, before the next one is. */
const DISCOVERING = 1500;

/** The milliseconds after which a new master is looked for when one is lost. */
const LOST = 500;

interface NodeRedisCluster {
  readonly isOpen: boolean;
  readonly masters: ReadonlyArray<{ readonly client?: { ping(): Promise<unknown> } }>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  connect(): Promise<unknown>;
  destroy(): void;
}

interface IoredisCluster {
  on(event: 'error' | 'node error', listener: (error: unknown) => void): unknown;
  connect(): Promise<unknown>;
  quit(): Promise<unknown>;
  disconnect(): void;
  nodes(role: 'master'): readonly unknown[];
}

/**
 * Connects to all masters of a cluster of Redis or Valkey, with `ioredis` or else with
 * `redis`, which does not notice a master that is silent. Both ask the first node that
 * answers for the others.
 *
 * @param urls of some nodes, such as `redis://user:password@10.0.0.1:6379`; the login is used for all
 * @param driver the one to use; by default, the one that is installed
 */
export async function openRedisCluster(urls: readonly [string, ...string[]], driver?: Driver): Promise<RedisConnection> {

  const { name, exports } = driver ?? await loadDriver(IOREDIS, REDIS);
  return name === 'redis' ? openNodeRedis(exports, urls) : openIoredis(exports, urls);

}

/** What the nodes that are not in the address are asked with, too. */
function loginOf(url: string): { username?: string; password?: string } {

  const { username, password } = new URL(url);
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
  };

}

const isEncrypted = (url: string) => url.startsWith('rediss:');

/** Returns the family of IP addresses, 4 or 6; 0 for both. */
const familyOf = (url: string) => Number(new URL(url).searchParams.get('family') ?? 0);

interface NodeRedisPackage {
  createCluster(options: object): NodeRedisCluster;
}

async function openNodeRedis({ createCluster }: NodeRedisPackage, urls: readonly [string, ...string[]]): Promise<RedisConnection> {

  let isOpen = false;
  const [first] = urls;
  const socket = {
    connectTimeout: CONNECTING,
    reconnectStrategy: (failures: number) => isOpen && pause(failures),
    family: familyOf(first),
    ...(isEncrypted(first) && { tls: true }),
  };
  const cluster = createCluster({
    rootNodes: urls.map(url => ({ url, socket: { socketTimeout: DISCOVERING } })),
    // A command that can't be sent at the moment fails at once.
    defaults: { ...loginOf(first), socket, disableOfflineQueue: true },
    commandOptions: { timeout: 0 },
    // A master that is away must not keep an application from starting.
    minimizeConnections: true,
    topologyRefreshOnReconnectionAttemptStrategy: LOST,
  });
  try {
    await connected(cluster);
  } catch (error) {
    if (cluster.isOpen) cluster.destroy();
    throw error;
  }
  isOpen = true;
  return {
    client: cluster,
    close: async () => {
      // Commands under way are answered before the pings.
      await within(CLOSING, Promise.all(cluster.masters.map(({ client }) => client?.ping()))).catch(() => {});
      isOpen = false;
      if (cluster.isOpen) cluster.destroy();
    },
  };

}

/** What `ioredis` says of nodes that it can't reach. */
const CLOSED = 'Connection is closed.';

interface IoredisPackage {
  Cluster: new (urls: readonly string[], options: object) => IoredisCluster;
}

async function openIoredis(Redis: IoredisPackage, urls: readonly [string, ...string[]]): Promise<RedisConnection> {

  let isOpen = false;
  const [first] = urls;
  const cluster = new Redis.Cluster(urls, {
    lazyConnect: true,
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    // As above: a cluster without one of its masters may report that it is down.
    enableReadyCheck: false,
    // As they are: a certificate names hosts, and this client would ask for them by their IP addresses.
    dnsLookup: (host: string, callBack: (error: null, host: string) => void) => callBack(null, host),
    slotsRefreshTimeout: DISCOVERING,
    slotsRefreshInterval: LOOKING,
    clusterRetryStrategy: (failures: number) => isOpen ? pause(failures) : null,
    redisOptions: {
      ...loginOf(first), family: familyOf(first), connectTimeout: CONNECTING, socketTimeout: ANSWERING, ...(isEncrypted(first) && { tls: {} }),
    },
  });
  try {
    await connected(cluster);
    if (cluster.nodes('master').length === 0) throw new Error('Its nodes do not say their hosts, as ioredis needs them: set cluster-announce-ip, or another cluster-preferred-endpoint-type');
  } catch (error) {
    cluster.disconnect();
    // The client does not say why. A connection to one node does.
    if ((error as Error).message === CLOSED) await tryNode(first, Redis);
    throw error;
  }
  isOpen = true;
  return {
    client: cluster,
    close: async () => {
      // Commands of this turn are sent together at its end.
      await new Promise(resolve => setImmediate(resolve));
      isOpen = false;
      await within(CLOSING, cluster.quit()).catch(() => {});
      cluster.disconnect();
    },
  };

}

/** @throws why a node can't be reached */
async function tryNode(url: string, exports: IoredisPackage): Promise<void> {

  try {
    await (await openRedis(url, { name: 'ioredis', exports })).close();
  } catch (error) {
    // It is reached, and it is a node.
    if (!(error instanceof UnfitServer)) throw error;
  }

}

/**
 * Waits until the masters are known.
 *
 * @throws the error of a node, such as a wrong password: the promise may only say that no node has answered
 */
async function connected(cluster: Pick<IoredisCluster, 'on' | 'connect'>): Promise<void> {

  let problem: unknown;
  // Without a listener, an error would end the process.
  for (const event of ['node error', 'error'] as const) cluster.on(event, error => {
    problem ??= error;
  });
  try {
    await within(CONNECTING, cluster.connect());
  } catch (error) {
    throw asPlain(problem ?? error);
  }

}

function asPlain(error: unknown): unknown {

  return /cluster support disabled/i.test(String(error))
    ? new UnfitServer('ERR_SESSION_REDIS_SINGLE', 'it is not a node of a cluster: the address of a single server begins with redis:// or rediss://')
    : error;

}
