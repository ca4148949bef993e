import type { Awaitable, IndexingSessionStore } from '../base/store.js';
import type { MemoryStore } from '../stores/memory-store.js';
import type { MysqlStore } from '../stores/mysql-store.js';
import type { PostgresStore } from '../stores/postgres-store.js';
import type { RedisStore } from '../stores/redis-store.js';
import type { SqliteStore } from '../stores/sqlite-store.js';

/** The class of the store that an address opens. */
export type StoreAt<Address> =
  Address extends 'memory:' ? MemoryStore
    : Address extends `sqlite:${string}` ? SqliteStore
      : Address extends `redis${'' | 's'}${'' | '+cluster'}://${string}` ? RedisStore
        : Address extends `postgres://${string}` | `postgresql://${string}` ? PostgresStore
          : Address extends `mysql://${string}` | `mariadb://${string}` ? MysqlStore
            : AnyStore;

/** What the stores of all addresses have in common; those that clean up by themselves also have these two methods. */
export interface AnyStore extends IndexingSessionStore {
  gc?(): Awaitable<void>;
  scheduleGc?(interval?: number): void;
}

/** A store that has a connection of its own, with the methods of its class. */
export type OpenedStore<Store = AnyStore> = {

  /** Ends the store's timers and closes the connection. */
  close(): Promise<void>;

  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;

} & Store;
