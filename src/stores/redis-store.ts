import { wrong } from '../base/option-checks.js';
import { fromTexts, toTexts } from '../values/session-values.js';
import type {
  CreateTerms, EndTerms, IndexingSessionStore, LiveSession, MoveTerms, RetiredSession, StoredInfo, SessionChange, SessionTexts,
  SessionValues, StoredUserSession, UpdateTerms, WhichSessions,
} from '../base/store.js';
import { pack } from './shared/packed-texts.js';
import { type IoredisClient, type NodeRedisClient, redisCommands } from './redis/redis-client.js';
import { warnOfEviction } from './redis/redis-eviction.js';
import { ENDED, packInfo, readLive, readRetired, REPLACED } from './redis/redis-record.js';
import { isThere, milliseconds, RedisRecords } from './redis/redis-records.js';
import { CREATE, DELETE, END, PUT, TOUCH } from './redis/redis-scripts.js';
import { RedisUsers } from './redis/redis-users.js';
import { checkNames } from './shared/store-options.js';
import { isStoredId, movedId, newStoredId, storedId } from '../id/stored-id.js';
import { requestBegan } from './shared/request-age.js';
import { unreadable } from './shared/unreadable.js';

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
 * Keeps sessions in Redis (6.2 or newer) or Valkey: a key for each, which the
 * server removes when its time is over, and one for each user, which says where
 * the sessions are. Each method is one command, but for those that have to do
 * with users.
 */
export class RedisStore implements IndexingSessionStore {

  readonly atomic = true;
  readonly keepsInfo = true;

  readonly #records: RedisRecords;
  readonly #users: RedisUsers;

  /** @throws {TypeError} for a wrong option */
  constructor(options: RedisStoreOptions) {

    checkNames(options, 'client', 'prefix');
    const { client, prefix = 'session:' } = options;
    if (typeof prefix !== 'string' || prefix === '') throw wrong('prefix', prefix, 'must be a text that is not empty');
    // The client may not be connected yet.
    this.#records = new RedisRecords(
      redisCommands(client), prefix, () => warnOfEviction(client, prefix),
      (handle, info, time) => this.#users.forget(handle, info, time),
    );
    this.#users = new RedisUsers(client, this.#records);

  }

  async get(id: string): Promise<SessionValues | null> {

    const found = await this.load(id);
    try {
      return found?.status === 'live' ? fromTexts(found.texts) : null;
    } catch (cause) {
      throw unreadable(cause);
    }

  }

  /**
   * @throws {SessionValueError} for values that can't be stored
   * @throws {Error} where the session has been given another id
   */
  async set(id: string, values: SessionValues, expire: number): Promise<void> {

    const { handle, hash } = storedId(id);
    const packed = pack(toTexts(values));
    const lifetime = expire - Date.now() / 1000;
    const word = await this.#records.run(PUT, handle, [hash, this.#records.token(), milliseconds(lifetime), packed]);
    if (word === 'taken') throw new Error('The session has another id by now: this one can\'t be set');

  }

  async delete(id: string): Promise<void> {

    const { handle, hash } = storedId(id);
    await this.#records.run(DELETE, handle, [hash]);

  }

  newSessionId(moving?: string): string {

    return newStoredId(moving);

  }

  isSessionId(id: string): boolean {

    return isStoredId(id);

  }

  handleOf(id: string): string {

    return storedId(id).handle;

  }

  async load(id: string): Promise<LiveSession | RetiredSession | null> {

    const { handle, hash } = storedId(id);
    const { clock } = this.#records;
    const value = await (clock.isKnown ? this.#records.get(handle) : this.#records.getWithTime(handle));
    if (!isThere(value)) return null;
    const now = clock.now();
    const live = readLive(value, hash);
    if (!live) return readRetired(value, hash, now);
    const { texts, version, endsAt, info } = live;
    // Where someone has made the key outlive it. At this very millisecond the server still has it.
    if (endsAt < now) return null;
    const found: LiveSession = { status: 'live', texts, version, remaining: Math.max(0, endsAt - now) / 1000 };
    return info ? { ...found, info } : found;

  }

  async create(id: string, texts: SessionTexts, { lifetime, newInfo, ...waits }: CreateTerms): Promise<boolean | 'revoked'> {

    const began = requestBegan(newInfo);
    const { handle, hash } = storedId(id);
    const packed = newInfo ? packInfo(newInfo.info) + pack(texts) : pack(texts);
    const args = [hash, this.#records.token(), milliseconds(lifetime), packed];
    if (await this.#records.runInTime(CREATE, handle, args, waits) !== 'done') return false;
    return await this.#users.isRevoked(handle, lifetime, newInfo?.info, began) ? 'revoked' : true;

  }

  async update(id: string, change: SessionChange, terms: UpdateTerms): Promise<'updated' | 'gone' | 'conflict' | 'too-large'> {

    const { lifetime, user } = terms;
    const stored = storedId(id);
    const changed = this.#records.change(stored, change, terms);
    const word = await (user === undefined ? changed : this.#users.healing(user, stored.handle, lifetime, changed));
    return word === 'done' ? 'updated' : word as 'gone' | 'conflict' | 'too-large';

  }

  async touch(id: string, lifetime: number, user?: string): Promise<boolean> {

    const { handle, hash } = storedId(id);
    const touched = this.#records.run(TOUCH, handle, [hash, milliseconds(lifetime)]);
    return await (user === undefined ? touched : this.#users.healing(user, handle, lifetime, touched)) === 'done';

  }

  /** @throws {TypeError} if `newId` was not made for `id` */
  async move(
    id: string, newId: string, change: SessionChange, terms: MoveTerms,
  ): Promise<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'> {

    const { lifetime, newInfo } = terms;
    const began = requestBegan(newInfo);
    const { from, to } = movedId(id, newId);
    const info = newInfo && packInfo(newInfo.info);
    const word = await this.#records.change(from, change, terms, { newHash: to.hash, info });
    if (word !== 'done') return word as 'gone' | 'conflict' | 'too-large';
    return await this.#users.isRevoked(from.handle, lifetime, newInfo?.info, began) ? 'revoked' : 'moved';

  }

  async end(id: string, { moved = false }: EndTerms = {}): Promise<boolean> {

    const { handle, hash } = storedId(id);
    return await this.#records.run(END, handle, [hash, this.#records.token(), moved ? REPLACED : ENDED]) === 'done';

  }

  sessionsOf(user: string): Promise<StoredUserSession[]> {

    return this.#users.sessionsOf(user);

  }

  infoByHandle(handle: string): Promise<StoredInfo | null> {

    return this.#users.infoOf(handle);

  }

  endSessionsOf(user: string, which?: WhichSessions): Promise<string[]> {

    return this.#users.endSessionsOf(user, which);

  }

  /** @throws {TypeError} where the client can't look for keys */
  endAllSessions(): Promise<void> {

    return this.#users.endAllSessions();

  }

}
