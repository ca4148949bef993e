import { wrong } from '../base/option-checks.js';
import type { SessionWatch } from '../base/store.js';
import type { IoredisClient, NodeRedisClient } from './redis/redis-client.js';
import { RedisEngine } from './redis/redis-engine.js';
import { watchKeys } from './redis/redis-watch.js';
import { KeyedStore } from './shared/keyed-store.js';
import { checkNames } from './shared/store-options.js';

export type { IoredisClient, NodeRedisClient };

/** Options of {@link RedisStore}. */
export interface RedisStoreOptions {

  /**
   * The application's own client, which the store neither opens nor closes: a
   * client, pool, sentinel or cluster of `redis` (5 or newer), or a `Redis` or
   * `Cluster` of `ioredis` (5 or newer) or `iovalkey`.
   */
  client: NodeRedisClient | IoredisClient;

  /** What the keys begin with; `session:` by default. Two applications need two, or they take each other's sessions. */
  prefix?: string;

}

/**
 * Keeps sessions in Redis (6.2 or newer) or Valkey: a key for each session, which
 * the server removes when its time is over, and a key for each user, which says
 * where their sessions are. Each method is one command, except for those that
 * concern users.
 */
export class RedisStore extends KeyedStore<'later'> {

  readonly #client: unknown;
  readonly #prefix: string;

  /** @throws {TypeError} for a wrong option */
  constructor(options: RedisStoreOptions) {

    checkNames(options, 'client', 'prefix');
    const { client, prefix = 'session:' } = options;
    if (typeof prefix !== 'string' || prefix === '') throw wrong('prefix', prefix, 'must be a text that is not empty');
    super(new RedisEngine(client, prefix));
    this.#client = client;
    this.#prefix = prefix;

  }

  /** Reports changes if the client is one connection of `redis`, made with `RESP: 3` and `emitInvalidate: true`. */
  watch(changed: (handle: string | null) => void): SessionWatch | null {

    return watchKeys(this.#client, this.#prefix, changed);

  }

}
