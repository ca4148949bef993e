import { ANSWERING, CLOSING, CONNECTING, pause, within } from './limits.js';
import { type Driver, loadDriver } from './load-driver.js';
import { IOREDIS, REDIS } from './redis-drivers.js';
import { type Ask, checkedFitness } from './redis-fitness.js';

export interface RedisConnection {
  // biome-ignore lint/suspicious/noExplicitAny: the store knows what it needs of a client
  readonly client: any;
  close(): Promise<void>;
}

/** A connection to a single server. */
export interface RedisServerConnection extends RedisConnection {
  /** Whether it led to a replica when it was made. */
  readonly isReplica: boolean;
}

interface NodeRedis {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  on(event: 'error' | 'ready', listener: (error: unknown) => void): unknown;
  listenerCount(event: 'invalidate'): number;
  sendCommand(words: string[]): Promise<unknown>;
  connect(): Promise<unknown>;
  ping(): Promise<unknown>;
  info(section: string): Promise<unknown>;
  destroy(): void;
}

interface Ioredis {
  readonly status: string;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  connect(): Promise<unknown>;
  call(command: string, ...words: string[]): Promise<unknown>;
  info(section: string): Promise<unknown>;
  quit(): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
}

/**
 * Connects to Redis or Valkey, with `redis` or else with `ioredis`.
 *
 * @param driver the one to use; by default, the one that is installed
 */
export async function openRedis(url: string, driver?: Driver): Promise<RedisServerConnection> {

  const { name, exports } = driver ?? await loadDriver(REDIS, IOREDIS);
  return name === 'redis' ? openNodeRedis(exports, url) : openIoredis(exports, url);

}

interface NodeRedisPackage {
  createClient(options: object): NodeRedis;
}

/** The options of a client that a cache can learn changes from, if there is one. */
const TRACKING = { RESP: 3, emitInvalidate: true };

/** What the server, or a proxy before it, says if it does not let the client learn changes. */
const REFUSAL = /NOPERM|NOPROTO|unknown (sub)?command/i;

async function openNodeRedis(exports: NodeRedisPackage, url: string): Promise<RedisServerConnection> {

  try {
    return await connectNodeRedis(exports, url, TRACKING);
  } catch (error) {
    if (!REFUSAL.test(String(error))) throw error;
    return connectNodeRedis(exports, url, {});
  }

}

async function connectNodeRedis({ createClient }: NodeRedisPackage, url: string, tracking: object): Promise<RedisServerConnection> {

  let isOpen = false;
  const client = createClient({
    ...tracking,
    url,
    // A command that can't be sent at the moment fails at once.
    disableOfflineQueue: true,
    // From version 6 on, each command has a timer by default, which costs more than the command.
    commandOptions: { timeout: 0 },
    socket: { ...familyOf(url), connectTimeout: CONNECTING, reconnectStrategy: (failures: number) => isOpen && pause(failures) },
  });
  // The server need not remember the keys that the client reads if there is no cache.
  client.on('ready', () => {
    if (client.listenerCount('invalidate') === 0) client.sendCommand(['CLIENT', 'TRACKING', 'OFF']).catch(() => {});
  });
  const { isReplica } = await connected(client, (...words) => client.sendCommand(words), () => client.isOpen && client.destroy());
  isOpen = true;
  const stop = renewWhereUnfit({
    isReady: () => client.isReady,
    info: section => client.info(section),
    renew: async () => {
      client.destroy();
      // The client's own reaction to the end comes first.
      await new Promise(resolve => setImmediate(resolve));
      if (isOpen) client.connect().catch(() => {});
    },
  });
  return {
    client,
    isReplica,
    close: async () => {
      stop();
      // Commands under way are answered before the ping. Version 5 can't destroy a client that waits in its close().
      await within(CLOSING, client.ping()).catch(() => {});
      isOpen = false;
      if (client.isOpen) client.destroy();
    },
  };

}

/** Returns the family of IP addresses, 4 or 6: this driver does not read the query. */
function familyOf(url: string): { family?: number } {

  const family = new URL(url).searchParams.get('family');
  return family === null ? {} : { family: Number(family) };

}

/**
 * Waits for a first connection, and checks where it leads.
 *
 * @throws {UnfitServer} if the server can't have all sessions
 * @throws the error that the client has emitted, such as a wrong password: its promise may only say that it is closed
 */
async function connected(client: Pick<Ioredis, 'on' | 'connect'>, ask: Ask, giveUp: () => unknown): ReturnType<typeof checkedFitness> {

  let problem: unknown;
  // Pending commands get the error, too. Without a listener, it would end the process.
  client.on('error', error => {
    problem = error;
  });
  try {
    return await within(CONNECTING, client.connect().then(() => checkedFitness(ask)));
  } catch (error) {
    giveUp();
    throw problem ?? error;
  }

}

/** The milliseconds between two checks of an open connection. */
const ASKING = 1000;

interface Renewable {
  isReady(): boolean;
  info(section: string): Promise<unknown>;
  /** Makes a new connection in place of the old one. */
  renew(): void;
}

/**
 * Replaces a connection that does not answer, or leads to a replica. It may have
 * ended silently, which TCP finds out after a quarter of an hour. After a
 * fail-over, the address leads to the new master, but a connection to the old one
 * stays open. The old one is a replica then, which refuses all writes and may
 * still have sessions that were ended.
 *
 * @returns a function that ends the checks
 */
function renewWhereUnfit({ isReady, info, renew }: Renewable): () => void {

  // Checks are counted, and time is not measured: a process that stood still has not read the answers.
  let silent = 0;
  let isAsked = false;
  const timer = setInterval(async () => {
    if (++silent > ANSWERING / ASKING) {
      silent = 0;
      isAsked = false;
      renew();
    } else if (!isAsked && isReady()) {
      isAsked = true;
      // A user may lack the right to ask: a refusal is an answer, too.
      const answer = await info('replication').catch(() => '');
      silent = 0;
      isAsked = false;
      if (/^role:slave/m.test(String(answer)) && isReady()) renew();
    }
  }, ASKING);
  timer.unref();
  return () => clearInterval(timer);

}

async function openIoredis(Redis: new (url: string, options: object) => Ioredis, url: string): Promise<RedisServerConnection> {

  let isOpen = false;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECTING,
    socketTimeout: ANSWERING,
    retryStrategy: (failures: number) => isOpen ? pause(failures) : null,
    enableOfflineQueue: false,
    // A command whose caller has got an error must not be executed later.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: true,
  });
  const { isReplica } = await connected(client, (command, ...words) => client.call(command, ...words), () => client.disconnect());
  isOpen = true;
  const stop = renewWhereUnfit({
    isReady: () => client.status === 'ready',
    info: section => client.info(section),
    renew: () => client.disconnect(true),
  });
  return {
    client,
    isReplica,
    close: async () => {
      stop();
      isOpen = false;
      await within(CLOSING, client.quit()).catch(() => {});
      client.disconnect();
    },
  };

}
