import { known, record, withoutLogin, wrong as wrongOption } from '../base/option-checks.js';
import { plainError } from '../base/plain-error.js';
import type { Awaitable, IndexingSessionStore } from '../base/store.js';
import { MemoryStore } from '../stores/memory-store.js';
import { MysqlStore } from '../stores/mysql-store.js';
import { PostgresStore } from '../stores/postgres-store.js';
import { RedisStore } from '../stores/redis-store.js';
import { SqliteStore } from '../stores/sqlite-store.js';
import { BusyQueue, SETUP } from '../stores/sqlite/busy-queue.js';
import { connected, reason } from './drivers/connection-errors.js';
import { NO_DRIVER } from './drivers/load-driver.js';
import { openMysql } from './drivers/mysql.js';
import { openPostgres } from './drivers/postgres.js';
import { openRedis } from './drivers/redis.js';
import { openSqlite } from './drivers/sqlite.js';
import type { OpenedStore, StoreAt } from './opened-store.js';

export type { AnyStore, OpenedStore, StoreAt } from './opened-store.js';

/** Options of {@link openStore}. */
export interface OpenStoreOptions {
  /** False to leave the table as it is: for a role that may not create one, or a program that must not. True by default. */
  setup?: boolean | undefined;
}

/** An address, with the options of the store apart. */
interface Address {
  /** As the driver takes it. */
  readonly url: string;
  /** The part between the scheme and the query. */
  readonly path: string;
  /** The query's members that are the store's own. */
  readonly options: { readonly [name: string]: string };
  readonly setsUp: boolean;
}

/** A kind of store: how its addresses look, which options they may have, and how it is opened. */
interface Kind {
  readonly example: string;
  readonly hasHost: boolean;
  /** Members of the query that are the store's own. */
  readonly own: readonly string[];
  /** Members that its driver knows and that can't make the store unsafe. */
  readonly drivers: readonly string[];
  open(address: Address): Promise<OpenedStore<object>>;
}

const MEMORY: Kind = {
  example: 'memory:',
  hasHost: false,
  own: [],
  drivers: [],
  open: async ({ path, setsUp }) => {
    if (path !== '') throw wrong('something follows memory:');
    return opened(setsUp, { close() {} }, () => new MemoryStore());
  },
};

const SQLITE: Kind = {
  example: 'sqlite:./sessions.db',
  hasHost: false,
  own: ['table', 'synchronous'],
  drivers: [],
  open: async ({ path, setsUp, options: { table, synchronous = 'normal' } }) => {
    if (!/^(normal|full)$/i.test(synchronous)) throw new TypeError(`synchronous is ${synchronous}: it must be normal or full`);
    const connection = await connected(openSqlite(filePath(path)));
    return opened(setsUp, connection, async () => {
      // Other processes may be setting the file up at this moment, and have it locked.
      await new BusyQueue().run(() => void connection.database.exec(`PRAGMA synchronous = ${synchronous}`), SETUP);
      return new SqliteStore({ database: connection.database, ...given({ table }) });
    });
  },
};

const REDIS: Kind = {
  example: 'redis://localhost:6379',
  hasHost: true,
  own: ['prefix'],
  drivers: ['family'],
  open: async ({ url, setsUp, options: { prefix } }) => {
    const connection = await connected(openRedis(url));
    return opened(setsUp, connection, () => new RedisStore({ client: connection.client, ...given({ prefix }) }));
  },
};

const POSTGRES: Kind = {
  example: 'postgres://user@localhost/database',
  hasHost: true,
  own: ['table', 'schema', 'prepare'],
  drivers: [
    'host', 'port', 'user', 'password', 'ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation', 'uselibpqcompat',
    'application_name', 'fallback_application_name', 'options', 'client_encoding', 'statement_timeout', 'lock_timeout',
    'query_timeout', 'idle_in_transaction_session_timeout',
  ],
  open: async ({ url, setsUp, options: { table, schema, prepare = 'true' } }) => {
    if (!/^(true|false)$/.test(prepare)) throw new TypeError(`prepare is ${prepare}: it must be true or false`);
    const connection = await connected(openPostgres(url));
    return opened(setsUp, connection, () => (
      new PostgresStore({ pool: connection.pool, prepare: prepare === 'true', ...given({ table, schema }) })));
  },
};

const MYSQL: Kind = {
  example: 'mysql://user@localhost/database',
  hasHost: true,
  own: ['table'],
  drivers: [
    'ssl', 'charset', 'timezone', 'socketPath', 'localAddress', 'flags', 'compress', 'insecureAuth', 'enableCleartextPlugin',
    'connectTimeout', 'enableKeepAlive', 'keepAliveInitialDelay', 'maxPreparedStatements', 'disableEval', 'gracefulEnd',
    'connectionLimit', 'maxIdle', 'idleTimeout', 'queueLimit', 'waitForConnections', 'resetOnRelease',
  ],
  open: async ({ url, setsUp, options: { table } }) => {
    const connection = await connected(openMysql(url));
    return opened(setsUp, connection, () => new MysqlStore({ pool: connection.pool, ...given({ table }) }));
  },
};

const KINDS: { readonly [scheme: string]: Kind } = {
  memory: MEMORY, sqlite: SQLITE, redis: REDIS, rediss: REDIS,
  postgres: POSTGRES, postgresql: POSTGRES, mysql: MYSQL, mariadb: MYSQL,
};

/**
 * Opens the store at an address, with a connection of its own and the driver that
 * is installed for it, and sets up its table unless the options say otherwise.
 *
 * @param address `memory:`, `sqlite:./sessions.db`, `redis://…`, `rediss://…`,
 *   `postgres://…` or `mysql://…`; docs/open-store.md has the options
 * @throws {TypeError} if the address or an option is wrong
 * @throws {Error} if no driver is installed, or the store can't be reached
 */
export async function openStore<const Address extends string | URL>(
  address: Address, options: OpenStoreOptions = {},
): Promise<OpenedStore<StoreAt<Address>>> {

  record('options', options);
  known('option', options, ['setup']);
  const { setup: setsUp = true } = options;
  if (typeof setsUp !== 'boolean') throw wrongOption('setup', setsUp, 'must be true or false');
  const [, scheme = '', path = '', query = ''] = /^([a-z]+):([^?]*)\??(.*)$/is.exec(textOf(address)) ?? [];
  const kind = KINDS[scheme.toLowerCase()];
  if (!kind) throw wrong('it does not begin with a known scheme');
  checkNames(new URLSearchParams(query), kind);
  const { options: own, others } = divided(query, kind.own);
  if (kind.hasHost && /#/.test(path + query)) throw wrong('it has a #, which is written as %23');
  const url = `${scheme}:${path}${others && `?${others}`}`;
  if (kind.hasHost && !(path.startsWith('//') && URL.canParse(url))) throw wrong(`it is not a ${scheme}:// URL`);
  try {
    return await kind.open({ url, path, setsUp, options: own }) as OpenedStore<StoreAt<Address>>;
  } catch (error) {
    if (error instanceof TypeError || (error as NodeJS.ErrnoException).code === NO_DRIVER) throw error;
    const shown = `${scheme}:${withoutLogin(path)}`;
    throw new Error(`The store at ${shown} can't be opened: ${reason(error, path)}`, { cause: plainError(error) });
  }

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

/** Separates the store's own options from those of the driver. */
function divided(query: string, own: readonly string[]): Pick<Address, 'options'> & { others: string } {

  const members = new URLSearchParams(query);
  const options: Record<string, string> = {};
  for (const name of own) {
    const value = members.get(name);
    if (value !== null) options[name] = value;
    members.delete(name);
  }
  // The driver's options stay as they were written.
  return { options, others: Object.keys(options).length === 0 ? query : String(members) };

}

/** @throws {TypeError} for an option that would have no effect: a misspelt `table` would lead to the table of another application */
function checkNames(members: URLSearchParams, { own, drivers }: Kind): void {

  // Then they may be a part of the password, which no error shows.
  const hasLogin = String(members).includes('%40');
  for (const name of members.keys()) {
    if (hasLogin && !own.includes(name) && !drivers.includes(name)) throw wrong('it has an unknown option, or a ? in its password, which is written as %3F');
    if (members.getAll(name).length > 1) throw wrong(`it has the option ${name} more than once`);
    if (own.includes(name) || drivers.includes(name)) continue;
    const known = [...own, ...drivers];
    throw wrong(`it has the option ${name}${known.length > 0 ? `, and known are ${known.join(', ')}` : ''}`);
  }

}

function filePath(path: string): string {

  if (path === '') throw wrong('it names no file');
  if (/^\/\/(?!\/)/.test(path)) throw wrong('two slashes are not followed by a third');
  try {
    return decodeURIComponent(path.replace(/^\/\/\//, '/'));
  } catch {
    throw wrong('a % is not followed by two hexadecimal digits');
  }

}

/** Returns the text of an address; an empty text for anything but a text or a `URL`. */
function textOf(address: unknown): string {

  return typeof address === 'string' || address instanceof URL ? String(address) : '';

}

/** Makes an error that does not show the address, which may contain a password. */
function wrong(problem: string): TypeError {

  const examples = new Set(Object.values(KINDS).map(({ example }) => example));
  return new TypeError(`The address of the store is wrong, ${problem}. It must be like one of these: ${[...examples].join(', ')}`);

}

/** Returns the options without undefined members, which a store would refuse. */
function given<T extends { [name: string]: string | undefined }>(options: T): { [Name in keyof T]?: string } {

  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [Name in keyof T]?: string };

}
