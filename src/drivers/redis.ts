import { ANSWERING, CLOSING, CONNECTING, pause, within } from './limits.js';
import { loadDriver } from './load-driver.js';

export interface RedisConnection {
  // biome-ignore lint/suspicious/noExplicitAny: the store knows what it needs of a client
  readonly client: any;
  close(): Promise<void>;
}

interface NodeRedis {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  on(event: 'error', listener: () => void): unknown;
  connect(): Promise<unknown>;
  ping(): Promise<unknown>;
  destroy(): void;
}

interface Ioredis {
  on(event: 'error', listener: () => void): unknown;
  connect(): Promise<unknown>;
  quit(): Promise<unknown>;
  disconnect(): void;
}

/** Connects to Redis or Valkey, with `redis` or else with `ioredis`. */
export async function openRedis(url: string): Promise<RedisConnection> {

  const { name, exports } = await loadDriver('redis', 'ioredis');
  return name === 'redis' ? openNodeRedis(exports, url) : openIoredis(exports, url);

}

async function openNodeRedis({ createClient }: { createClient(options: object): NodeRedis }, url: string): Promise<RedisConnection> {

  let isOpen = false;
  const client = createClient({
    url,
    // What can't be sent now fails now.
    disableOfflineQueue: true,
    // From version 6 on there is a timer for each command by default, which costs more than the command.
    commandOptions: { timeout: 0 },
    socket: { connectTimeout: CONNECTING, reconnectStrategy: (failures: number) => isOpen && pause(failures) },
  });
  // It is told to those who wait for an answer; without a listener it would end the process.
  client.on('error', () => {});
  try {
    await within(CONNECTING, client.connect());
  } catch (error) {
    client.destroy();
    throw error;
  }
  isOpen = true;
  const stop = renewWhereSilent(client);
  return {
    client,
    close: async () => {
      stop();
      // What is under way is answered before this. Version 5 can't destroy a client while it waits in its close().
      await within(CLOSING, client.ping()).catch(() => {});
      isOpen = false;
      if (client.isOpen) client.destroy();
    },
  };

}

/** How often an open connection is asked for a sign of life, in milliseconds. */
const ASKING = 1000;

/**
 * Makes a new connection where the old one does not answer. It may have ended
 * without a word, which TCP finds out after a quarter of an hour.
 *
 * @returns a function that ends it
 */
function renewWhereSilent(client: NodeRedis): () => void {

  // Counted and not measured: a process that stood still has not been listening.
  let silent = 0;
  let isAsked = false;
  const timer = setInterval(async () => {
    if (++silent > ANSWERING / ASKING) {
      silent = 0;
      isAsked = false;
      client.destroy();
      // What the client does about its end comes first.
      await new Promise(resolve => setImmediate(resolve));
      client.connect().catch(() => {});
    } else if (!isAsked && client.isReady) {
      isAsked = true;
      const asked = client.ping();
      await asked.then(() => {
        silent = 0;
      }, () => {});
      isAsked = false;
    }
  }, ASKING);
  timer.unref();
  return () => clearInterval(timer);

}

async function openIoredis(Redis: new (url: string, options: object) => Ioredis, url: string): Promise<RedisConnection> {

  let isOpen = false;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECTING,
    socketTimeout: ANSWERING,
    retryStrategy: (failures: number) => isOpen ? pause(failures) : null,
    enableOfflineQueue: false,
    // Nothing is executed that its caller has been told to have failed.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: true,
  });
  client.on('error', () => {});
  try {
    await within(CONNECTING, client.connect());
  } catch (error) {
    client.disconnect();
    throw error;
  }
  isOpen = true;
  return {
    client,
    close: async () => {
      isOpen = false;
      await within(CLOSING, client.quit()).catch(() => client.disconnect());
    },
  };

}
