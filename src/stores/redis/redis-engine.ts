import type {
  CreateTerms, EndSessionsTerms, EndTerms, FoundSession, LiveSession, MoveTerms, SessionChange, SessionState, SessionTexts, StoredInfo,
  StoredUserSession, UpdateTerms,
} from '../../base/store.js';
import type { StoredId } from '../../id/stored-id.js';
import type { Engine } from '../shared/engine.js';
import { pack } from '../shared/packed-texts.js';
import { requestBegan } from '../shared/request-age.js';
import { type IoredisClient, type NodeRedisClient, redisCommands } from './redis-client.js';
import { warnOfEviction } from './redis-eviction.js';
import { RedisOperations } from './redis-operations.js';
import { ENDED, packInfo, packReason, readLive, readRetired, REPLACED } from './redis-record.js';
import { isThere, milliseconds, RedisRecords } from './redis-records.js';
import { CREATE, DELETE, END, PUT, TOUCH } from './redis-scripts.js';
import { RedisUsers } from './redis-users.js';

/** Keeps sessions in Redis: a key for each, and one for each user. */
export class RedisEngine implements Engine<'later'> {

  readonly answers = 'later';
  readonly operations: RedisOperations;

  readonly #records: RedisRecords;
  readonly #users: RedisUsers;

  /**
   * @param prefix what the keys begin with
   * @throws {TypeError} for a client of another kind
   */
  constructor(client: NodeRedisClient | IoredisClient, prefix: string) {

    this.#records = new RedisRecords(redisCommands(client), prefix, {
      // Not earlier: the client may not be connected yet.
      onFirstAnswer: () => warnOfEviction(client, prefix),
      onEnd: (handle, info, time) => this.#users.forget(handle, info, time),
    });
    this.#users = new RedisUsers(client, this.#records);
    this.operations = new RedisOperations(client, this.#records, this.#users);

  }

  async load({ handle, hash }: StoredId): Promise<FoundSession | null> {

    const { clock } = this.#records;
    const value = await (clock.isKnown ? this.#records.get(handle) : this.#records.getWithTime(handle));
    if (!isThere(value)) return null;
    const now = clock.now();
    const live = readLive(value, hash);
    if (!live) return readRetired(value, hash, now);
    const { texts, version, endsAt, info } = live;
    // Someone may have let the key outlive its session. At this very millisecond the server still has it.
    if (endsAt < now) return null;
    const found: LiveSession = { status: 'live', texts, version, remaining: Math.max(0, endsAt - now) / 1000 };
    return info ? { ...found, info } : found;

  }

  async create({ handle, hash }: StoredId, texts: SessionTexts, terms: CreateTerms): Promise<boolean | 'revoked'> {

    const { lifetime, newInfo } = terms;
    const began = requestBegan(newInfo);
    const packed = newInfo ? packInfo(newInfo.info) + pack(texts) : pack(texts);
    const args = [hash, this.#records.token(), milliseconds(lifetime), packed];
    if (await this.#records.runInTime(CREATE, handle, args, terms) !== 'done') return false;
    return await this.#users.isRevoked(handle, lifetime, newInfo?.info, began) ? 'revoked' : true;

  }

  async put({ handle, hash }: StoredId, texts: SessionTexts, lifetime: number): Promise<boolean> {

    const args = [hash, this.#records.token(), milliseconds(lifetime), pack(texts)];
    return await this.#records.run(PUT, handle, args) !== 'taken';

  }

  async update(id: StoredId, change: SessionChange, terms: UpdateTerms): Promise<'updated' | 'gone' | 'conflict' | 'too-large'> {

    const { lifetime, user } = terms;
    const changed = this.#records.change(id, change, terms);
    const word = await (user === undefined ? changed : this.#users.healing(user, id.handle, lifetime, changed));
    return word === 'done' ? 'updated' : word as 'gone' | 'conflict' | 'too-large';

  }

  async touch({ handle, hash }: StoredId, lifetime: number, user?: string): Promise<boolean> {

    const touched = this.#records.run(TOUCH, handle, [hash, milliseconds(lifetime)]);
    return await (user === undefined ? touched : this.#users.healing(user, handle, lifetime, touched)) === 'done';

  }

  async move(
    id: StoredId, newId: StoredId, change: SessionChange, terms: MoveTerms,
  ): Promise<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'> {

    const { lifetime, newInfo } = terms;
    const began = requestBegan(newInfo);
    const info = newInfo && packInfo(newInfo.info);
    const word = await this.#records.change(id, change, terms, { newHash: newId.hash, info });
    if (word !== 'done') return word as 'gone' | 'conflict' | 'too-large';
    return await this.#users.isRevoked(id.handle, lifetime, newInfo?.info, began) ? 'revoked' : 'moved';

  }

  async end({ handle, hash }: StoredId, { moved, reason }: EndTerms): Promise<boolean> {

    const how = moved ? [REPLACED, ''] : [ENDED, packReason(reason)];
    return await this.#records.run(END, handle, [hash, this.#records.token(), ...how]) === 'done';

  }

  async delete({ handle, hash }: StoredId): Promise<void> {

    await this.#records.run(DELETE, handle, [hash]);

  }

  infoByHandle(handle: string): Promise<StoredInfo | null> {

    return this.#users.infoOf(handle);

  }

  statesOf(handles: readonly string[]): Promise<Map<string, SessionState | null>> {

    return this.#users.statesOf(handles);

  }

  sessionsOf(user: string): Promise<StoredUserSession[]> {

    return this.#users.sessionsOf(user);

  }

  endSessionsOf(user: string, terms: EndSessionsTerms): Promise<string[]> {

    return this.#users.endSessionsOf(user, terms);

  }

  /** @throws {TypeError} if the client can't look for keys */
  endAllSessions(): Promise<void> {

    return this.#users.endAllSessions();

  }

}
