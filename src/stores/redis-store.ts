import { newSessionId } from '../session-id.js';
import { fromTexts, toTexts } from '../session-values.js';
import type {
  AtomicSessionStore, LiveSession, RetiredSession, SessionChange, SessionTexts, SessionValues,
} from '../store.js';
import { pack } from './lib/packed-texts.js';
import { type IoredisClient, type NodeRedisClient, type RedisCommands, redisCommands, run, type Script } from './lib/redis-client.js';
import { packChange, readLive, readRetired, VERSION_LENGTH } from './lib/redis-record.js';
import { CHANGE_FEW, CHANGE_MANY, CREATE, DELETE, END, LOAD, PUT, TOUCH } from './lib/redis-scripts.js';
import { ServerClock } from './lib/server-clock.js';
import { isStoredId, movedId, newStoredId, storedId } from './lib/stored-id.js';

export type { IoredisClient, NodeRedisClient };

/** Options of {@link RedisStore}. */
export interface RedisStoreOptions {

  /**
   * The application's own client, which the store neither opens nor closes: a
   * client, pool, sentinel or cluster of `redis` (5 or newer), or a `Redis` or
   * `Cluster` of `ioredis` (5 or newer) or `iovalkey`.
   */
  client: NodeRedisClient | IoredisClient;

  /** What the keys begin with; `session:` by default. */
  prefix?: string;

}

/** What a script answers: that it did as it was told, or the word of its own. */
type Word = 'done' | 'late' | 'gone' | 'conflict' | 'ended' | 'taken';

/** So many changed keys are searched for one by one. */
const FEW = 8;

/** The place of the deadline among the arguments of a change. */
const DEADLINE = 3;

/** In each token: who made it, and a number in base 36. */
const HALF_A_TOKEN = VERSION_LENGTH / 2;

/**
 * Keeps sessions in Redis (6.2 or newer) or Valkey: a key for each, which the
 * server removes when its time is over. Each method is one command.
 */
export class RedisStore implements AtomicSessionStore {

  readonly atomic = true;

  readonly #redis: RedisCommands;
  readonly #prefix: string;
  readonly #clock = new ServerClock();
  readonly #writer = newSessionId().slice(0, HALF_A_TOKEN);
  #changes = 0;

  /** @throws {TypeError} for a wrong option */
  constructor(options: RedisStoreOptions) {

    for (const name of Object.keys(options)) {
      if (name !== 'client' && name !== 'prefix') throw new TypeError(`option ${name} is unknown: it must be client or prefix`);
    }
    const { client, prefix = 'session:' } = options;
    if (typeof prefix !== 'string') throw new TypeError(`prefix is ${String(prefix)}: it must be a text`);
    this.#redis = redisCommands(client);
    this.#prefix = prefix;

  }

  async get(id: string): Promise<SessionValues | null> {

    const { handle, hash } = storedId(id);
    const value = await this.#redis.get(this.#prefix + handle);
    const live = isThere(value) ? readLive(value, hash) : null;
    try {
      return live && fromTexts(live.texts);
    } catch {
      // This store has not written it.
      return null;
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
    const word = await this.#run(PUT, handle, [hash, this.#token(), milliseconds(lifetime), packed]);
    if (word === 'taken') throw new Error('The session has another id by now: this one can\'t be set');

  }

  async delete(id: string): Promise<void> {

    const { handle, hash } = storedId(id);
    await this.#run(DELETE, handle, [hash]);

  }

  newSessionId(moving?: string): string {

    return newStoredId(moving);

  }

  isSessionId(id: string): boolean {

    return isStoredId(id);

  }

  async load(id: string): Promise<LiveSession | RetiredSession | null> {

    const { handle, hash } = storedId(id);
    const value = await (this.#clock.isKnown ? this.#redis.get(this.#prefix + handle) : this.#getWithTime(handle));
    if (!isThere(value)) return null;
    const now = this.#clock.now();
    const live = readLive(value, hash);
    if (!live) return readRetired(value, hash, now);
    const { texts, version, endsAt } = live;
    return { status: 'live', texts, version, remaining: Math.max(0, endsAt - now) / 1000 };

  }

  async create(id: string, texts: SessionTexts, lifetime: number): Promise<boolean> {

    const { handle, hash } = storedId(id);
    return await this.#run(CREATE, handle, [hash, this.#token(), milliseconds(lifetime), pack(texts)]) === 'done';

  }

  async update(
    id: string, change: SessionChange, lifetime: number, version: string | number = '', patience?: number,
  ): Promise<'updated' | 'ended' | 'gone' | 'conflict'> {

    const { handle, hash } = storedId(id);
    const word = await this.#change(handle, hash, change, lifetime, patience, String(version));
    return word === 'done' ? 'updated' : word as 'ended' | 'gone' | 'conflict';

  }

  async touch(id: string, lifetime: number): Promise<boolean> {

    const { handle, hash } = storedId(id);
    return await this.#run(TOUCH, handle, [hash, milliseconds(lifetime)]) === 'done';

  }

  /** @throws {TypeError} if `newId` was not made for `id` */
  async move(
    id: string, newId: string, change: SessionChange, lifetime: number, patience?: number,
  ): Promise<'moved' | 'ended' | 'gone'> {

    const { from, to } = movedId(id, newId);
    const word = await this.#change(from.handle, from.hash, change, lifetime, patience, '', to.hash);
    return word === 'done' ? 'moved' : word as 'ended' | 'gone';

  }

  async end(id: string): Promise<boolean> {

    const { handle, hash } = storedId(id);
    return await this.#run(END, handle, [hash, this.#token()]) === 'done';

  }

  /** Tries until the caller gives up: what came too late by a clock that has been set since was not executed. */
  async #change(
    handle: string, hash: string, change: SessionChange, lifetime: number, patience = Infinity, ...more: string[]
  ): Promise<Word> {

    const { set, unset } = change;
    const script = set.size + unset.length > FEW ? CHANGE_MANY : CHANGE_FEW;
    const args = [hash, this.#token(), milliseconds(lifetime), '', packChange(change), ...more];
    const givesUpAt = performance.now() + patience * 1000;
    for (;;) {
      args[DEADLINE] = String(this.#clock.deadline(patience));
      const word = await this.#run(script, handle, args);
      if (word !== 'late') return word;
      patience = (givesUpAt - performance.now()) / 1000;
      if (patience <= 0) throw new Error('The server came to the change after its caller had given up, and refused it');
    }

  }

  async #run(script: Script, handle: string, args: string[]): Promise<Word> {

    const answer = await run(this.#redis, script, this.#prefix + handle, args);
    const [word, time] = Array.isArray(answer) ? answer : ['done', answer];
    this.#clock.observe(Number(time));
    return String(word) as Word;

  }

  async #getWithTime(handle: string): Promise<unknown> {

    const [value, time] = await run(this.#redis, LOAD, this.#prefix + handle, []) as [unknown, unknown];
    this.#clock.observe(Number(time));
    return value;

  }

  /** What no other change of the session has. */
  #token(): string {

    const number = this.#changes++ % 36 ** HALF_A_TOKEN;
    return this.#writer + number.toString(36).padStart(HALF_A_TOKEN, '0');

  }

}

/** Says whether a key has a value. */
function isThere(value: unknown): value is string {

  if (value === null) return false;
  if (typeof value === 'string') return true;
  throw new TypeError('The client of the Redis store answers with something else than texts: it must be set up to return strings');

}

function milliseconds(lifetime: number): string {

  return String(Math.ceil(lifetime * 1000));

}
