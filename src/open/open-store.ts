import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { known, record, withoutLogin, wrong as wrongOption } from '../base/option-checks.js';
import type { Awaitable, IndexingSessionStore } from '../base/store.js';
import { MemoryStore } from '../stores/memory-store.js';
import { MysqlStore } from '../stores/mysql-store.js';
import { PostgresStore } from '../stores/postgres-store.js';
import { RedisStore } from '../stores/redis-store.js';
import { SqliteStore } from '../stores/sqlite-store.js';
import { BusyQueue, SETUP } from '../stores/sqlite/busy-queue.js';
import { type Address, checkedAddress, type Form, filePath, partsOf, textOf, urlsOfNodes, wrong } from './address.js';
import { boolean, identifier, matching, OPTIONS_OF_MYSQL2, OPTIONS_OF_PG, oneOf, text } from './address-options.js';
import { causeOf, connected, reason, UnfitServer } from './drivers/connection-errors.js';
import { NO_DRIVER } from './drivers/load-driver.js';
import { openMysql } from './drivers/mysql.js';
import { openPostgres } from './drivers/postgres.js';
import { openRedis } from './drivers/redis.js';
import { openRedisCluster } from './drivers/redis-cluster.js';
import { openSqlite } from './drivers/sqlite.js';
import type { OpenedStore, StoreAt } from './opened-store.js';

export type { AnyStore, OpenedStore, StoreAt } from './opened-store.js';

/** Options of {@link openStore}. */
export interface OpenStoreOptions {
  /** False to make neither a table nor a file: for a role that may not, or a program that must not. True by default. */
  setup?: boolean | undefined;
}

/** A kind of store: how its addresses look, and how it is opened. */
interface Kind extends Form {
  open(address: Address, setsUp: boolean): Promise<OpenedStore<object>>;
}

const MEMORY: Kind = {
  hasHost: false,
  own: {},
  drivers: {},
  open: async ({ path }, setsUp) => {
    if (path !== '') throw wrong('something follows memory:');
    return opened(setsUp, { close() {} }, () => new MemoryStore());
  },
};

const SQLITE: Kind = {
  hasHost: false,
  own: { table: identifier(63), synchronous: matching(/^(normal|full)$/i, 'must be normal or full') },
  drivers: {},
  open: async ({ path, options: { table, synchronous = 'normal' } }, setsUp) => {
    const file = filePath(path);
    // Opening it would make it.
    if (!setsUp && file !== ':memory:' && !existsSync(file)) throw missing(file);
    const connection = await connected(openSqlite(file)).catch(error => {
      throw existsSync(dirname(file)) || file.startsWith('file:') ? error : missing(file);
    });
    return opened(setsUp, connection, async () => {
      // Other processes may be setting the file up at this moment, and have it locked.
      await new BusyQueue().run(() => void connection.database.exec(`PRAGMA synchronous = ${synchronous}`), SETUP);
      return new SqliteStore({ database: connection.database, ...given({ table }) });
    });
  },
};

const REDIS: Kind = {
  hasHost: true,
  own: { prefix: text },
  drivers: { family: oneOf('4', '6') },
  open: async ({ url, path, options: { prefix } }, setsUp) => {
    if (!/^\/\/[^/]*(\/\d*)?$/.test(path)) throw wrong('the name of its database is not a number');
    const connection = await connected(openRedis(url));
    return opened(setsUp, connection, () => {
      // A store with a table finds this out by trying the table out.
      if (setsUp && connection.isReplica) throw new UnfitServer('ERR_SESSION_REPLICA', 'it is a replica, which refuses every change: give the address of the master');
      return new RedisStore({ client: connection.client, ...given({ prefix }) });
    });
  },
};

const REDIS_CLUSTER: Kind = {
  hasHost: true,
  hasNodes: true,
  own: { prefix: text },
  drivers: { family: oneOf('4', '6') },
  open: async ({ url, options: { prefix } }, setsUp) => {
    const connection = await connected(openRedisCluster(urlsOfNodes(url)));
    return opened(setsUp, connection, () => new RedisStore({ client: connection.client, ...given({ prefix }) }));
  },
};

const POSTGRES: Kind = {
  hasHost: true,
  own: { table: identifier(50), schema: identifier(50), prepare: boolean },
  drivers: OPTIONS_OF_PG,
  open: async ({ url, options: { table, schema, prepare = 'true' } }, setsUp) => {
    const connection = await connected(openPostgres(url));
    return opened(setsUp, connection, () => (
      new PostgresStore({ pool: connection.pool, prepare: prepare === 'true', ...given({ table, schema }) })));
  },
};

const MYSQL: Kind = {
  hasHost: true,
  own: { table: identifier(50) },
  drivers: OPTIONS_OF_MYSQL2,
  open: async ({ url, path, options: { table } }, setsUp) => {
    if (!/^\/\/[^/]*\/[^/]+$/.test(path)) throw wrong('it names no database');
    const connection = await openMysql(url);
    return opened(setsUp, connection, () => new MysqlStore({ pool: connection.pool, ...given({ table }) }));
  },
};

const KINDS: ReadonlyMap<string, Kind> = new Map(Object.entries({
  memory: MEMORY, sqlite: SQLITE, redis: REDIS, rediss: REDIS, 'redis+cluster': REDIS_CLUSTER, 'rediss+cluster': REDIS_CLUSTER,
  postgres: POSTGRES, postgresql: POSTGRES, mysql: MYSQL, mariadb: MYSQL,
}));

/**
 * Opens the store at an address, with a connection of its own and the driver that
 * is installed for it, and sets up its table unless the options say otherwise.
 *
 * @param address `memory:`, `sqlite:./sessions.db`, `redis://…`, `redis+cluster://…`,
 *   `postgres://…` or `mysql://…`; docs/open-store.md has the options
 * @throws {TypeError} if the address or an option is wrong
 * @throws {Error} if no driver is installed, or the store can't be reached; with a `code`
 *   if it is a Redis that can't keep all sessions, such as a node of a cluster
 */
export async function openStore<const Address extends string | URL>(
  address: Address, options: OpenStoreOptions = {},
): Promise<OpenedStore<StoreAt<Address>>> {

  record('options', options);
  known('option', options, ['setup']);
  const { setup: setsUp = true } = options;
  if (typeof setsUp !== 'boolean') throw wrongOption('setup', setsUp, 'must be true or false');
  const { scheme, path, query } = partsOf(textOf(address));
  const kind = KINDS.get(scheme);
  if (!kind) throw wrong('it does not begin with a known scheme');
  const checked = checkedAddress({ scheme, path, query }, kind);
  try {
    return await kind.open(checked, setsUp) as OpenedStore<StoreAt<Address>>;
  } catch (error) {
    if (error instanceof TypeError || (error as NodeJS.ErrnoException).code === NO_DRIVER) throw error;
    const shown = `${scheme}:${withoutLogin(path)}`;
    const message = `The store at ${shown} can't be opened: ${reason(error, checked)}`;
    if (error instanceof UnfitServer) throw Object.assign(new Error(message), { code: error.code });
    throw new Error(message, { cause: causeOf(error, checked) });
  }

}

function missing(file: string): Error {

  const folder = dirname(file);
  return new Error(existsSync(folder) ? `There is no file ${file}` : `There is no folder ${folder}`);

}

/** Makes a store whose `close()` also closes its connection. */
async function opened(
  setsUp: boolean, connection: { close(): Awaitable<void> }, make: () => Awaitable<IndexingSessionStore & { setup?(): Promise<void>; close?(): void }>,
): Promise<OpenedStore> {

  let store: Awaited<ReturnType<typeof make>> | undefined;
  try {
    store = await make();
    if (setsUp) await store.setup?.();
  } catch (error) {
    store?.close?.();
    await connection.close();
    throw error;
  }
  const cancelTimer = store.close?.bind(store);
  let closed: Promise<void> | undefined;
  const close = () => closed ??= (async () => {
    cancelTimer?.();
    await connection.close();
  })();
  // Node.js has had the symbol only since 20.4.
  const dispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol('asyncDispose');
  return Object.assign(store, { close, [dispose]: close });

}

/** Returns the options without undefined members, which a store would refuse. */
function given<T extends { [name: string]: string | undefined }>(options: T): { [Name in keyof T]?: string } {

  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [Name in keyof T]?: string };

}
