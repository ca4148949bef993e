import { newSessionId } from '../session-id.js';
import { fromTexts, toTexts } from '../session-values.js';
import type {
  AtomicSessionStore, LiveSession, RetiredSession, SessionChange, SessionTexts, SessionValues,
} from '../store.js';
import { GcTimer } from './lib/gc-timer.js';
import { EMPTY, pack, repack, unpack } from './lib/packed-texts.js';
import { RetiredIds } from './lib/retired-ids.js';
import { ShardedMap } from './lib/sharded-map.js';

/** Options of {@link MemoryStore}. */
export interface MemoryStoreOptions {

  /**
   * The most sessions to keep; unlimited by default. Where one more comes, the
   * session that was used longest ago is dropped, as if it had expired.
   */
  maxSessions?: number;

  /** The clock, in seconds since 1970; the system's by default. For tests. */
  now?: () => number;

}

/** So many sessions are looked at in any case: a small store is clean when `gc()` returns, as in 1.x. */
const FEW = 1000;

/** How long a clean-up may hold the event loop at a time, in milliseconds. */
const SLICE = 1;

/**
 * What {@link MemoryStore.store} holds for a session: when it expires, as a Unix
 * timestamp in seconds, and what is the store's own business.
 */
export type MemoryEntry = [expire: number, packed: string, used: number];

/**
 * Keeps sessions in the memory of this process.
 *
 * Sessions are gone when the process ends, and no other process sees them: use
 * it for tests, for development, or for one process whose users may sign in
 * again after a restart. Expired sessions are collected in small steps, and the
 * store does not keep the process alive.
 */
export class MemoryStore implements AtomicSessionStore {

  /** From id to a tuple whose first member is the expiry, for inspection. */
  readonly store: Map<string, MemoryEntry>;

  readonly touchIsFree: boolean = true;

  readonly #entries = new ShardedMap<MemoryEntry>();
  readonly #retired: RetiredIds;
  readonly #maxSessions: number;
  readonly #now: () => number;
  readonly #timer = new GcTimer(() => this.gc());
  #uses = 0;
  #sweep: Promise<void> | undefined;

  /** @throws {TypeError} for a wrong option */
  constructor(options: MemoryStoreOptions = {}) {

    for (const name of Object.keys(options)) {
      if (name !== 'maxSessions' && name !== 'now') throw new TypeError(`option ${name} is unknown: it must be maxSessions or now`);
    }
    const { maxSessions = Infinity, now = systemTime } = options;
    if (maxSessions !== Infinity && !(Number.isInteger(maxSessions) && maxSessions >= 1)) {
      throw new TypeError(`maxSessions is ${String(maxSessions)}: it must be a whole number from 1, or Infinity`);
    }
    if (typeof now !== 'function') {
      throw new TypeError(`now is ${String(now)}: it must be a function that returns seconds`);
    }
    this.store = this.#entries;
    this.#maxSessions = maxSessions;
    this.#now = now === systemTime ? systemTime : () => Math.floor(now());
    this.#retired = new RetiredIds(now);
    this.scheduleGc();

  }

  /**
   * True, unless `get`, `set` or `delete` was replaced, by a subclass or by a
   * test: what the replacement does must happen then.
   */
  get atomic(): boolean {

    return this.get === own.get && this.set === own.set && this.delete === own.delete;

  }

  async get(id: string): Promise<SessionValues | null> {

    const entry = this.#live(id);
    return entry ? fromTexts(unpack(entry[1])) : null;

  }

  /** @throws {SessionValueError} for values that can't be stored */
  async set(id: string, values: SessionValues, expire: number): Promise<void> {

    const packed = pack(toTexts(values));
    this.#retired.delete(id);
    this.#put(id, packed, expire);

  }

  async delete(id: string): Promise<void> {

    this.#entries.delete(id);

  }

  newSessionId(): string {

    return newSessionId();

  }

  isSessionId(id: string): boolean {

    return id.length <= 256 && /^[\x21-\x7e]+$/.test(id);

  }

  load(id: string): LiveSession | RetiredSession | null {

    const now = this.#now();
    const entry = this.#live(id, now);
    if (!entry) return this.#retired.get(id);
    this.#use(id, entry, entry[0]);
    return {
      status: 'live',
      texts: unpack(entry[1]),
      // Equal text is equal data: no counter is needed.
      version: entry[1],
      // It lives until its last second is over.
      remaining: entry[0] + 1 - now,
    };

  }

  create(id: string, texts: SessionTexts, lifetime: number): boolean {

    const now = this.#now();
    if (this.#live(id, now) || this.#retired.get(id)) return false;
    this.#put(id, pack(texts), now + lifetime);
    return true;

  }

  update(
    id: string, change: SessionChange, lifetime: number, version?: string | number,
  ): 'updated' | 'ended' | 'gone' | 'conflict' {

    const now = this.#now();
    const entry = this.#live(id, now);
    if (!entry) return 'gone';
    if (version !== undefined && version !== entry[1]) return 'conflict';
    const packed = repack(entry[1], change);
    if (packed === EMPTY) {
      this.#end(id);
      return 'ended';
    }
    entry[1] = packed;
    this.#use(id, entry, now + lifetime);
    return 'updated';

  }

  touch(id: string, lifetime: number): boolean {

    const now = this.#now();
    const entry = this.#live(id, now);
    if (entry) this.#use(id, entry, now + lifetime);
    return entry !== undefined;

  }

  move(
    id: string, newId: string, change: SessionChange, lifetime: number,
  ): 'moved' | 'ended' | 'gone' {

    const entry = this.#live(id);
    if (!entry) return 'gone';
    const packed = repack(entry[1], change);
    if (packed === EMPTY) {
      this.#end(id);
      return 'ended';
    }
    if (this.load(newId)) throw new Error('newSessionId() returned an id that is in use');
    this.#entries.delete(id);
    this.#retired.add(id, newId);
    this.#put(newId, packed, this.#now() + lifetime);
    return 'moved';

  }

  end(id: string): boolean {

    const target = this.#retired.whereIs(id);
    if (!this.#live(target)) return false;
    this.#end(target);
    return true;

  }

  /**
   * Removes expired sessions: at once as many as a few milliseconds allow, and
   * the rest in steps between which other work goes on.
   *
   * @returns a promise that is fulfilled when all are gone
   */
  gc(): Promise<void> {

    if (this.#sweep) return this.#sweep;
    const shards = this.#entries.shards.values();
    if (this.#sweepSlice(shards)) return Promise.resolve();
    this.#sweep = this.#sweepRest(shards);
    return this.#sweep;

  }

  /**
   * Calls `gc()` every `interval` seconds from now on. The constructor does, too.
   *
   * @throws {TypeError} if the interval is not a number above 0
   */
  scheduleGc(interval = 600): void {

    this.#timer.schedule(interval);

  }

  /** Cancels the scheduled clean-up. */
  close(): void {

    this.#timer.cancel();

  }

  #live(id: string, now = this.#now()): MemoryEntry | undefined {

    const entry = this.#entries.get(id);
    if (entry === undefined || entry[0] >= now) return entry;
    this.#entries.delete(id);
    return undefined;

  }

  #put(id: string, packed: string, expire: number): void {

    if (this.#maxSessions !== Infinity) {
      this.#entries.delete(id);
      this.#makeRoom();
    }
    this.#entries.set(id, [expire, packed, this.#uses++]);

  }

  #use(id: string, entry: MemoryEntry, expire: number): void {

    if (expire > entry[0]) entry[0] = expire;
    if (this.#maxSessions === Infinity) return;
    // Last in its shard, so that each shard begins with what was used longest ago.
    entry[2] = this.#uses++;
    this.#entries.delete(id);
    this.#entries.set(id, entry);

  }

  #makeRoom(): void {

    while (this.#entries.size >= this.#maxSessions) {
      let idle: [string, MemoryEntry] | undefined;
      for (const candidate of this.#entries.oldest()) {
        if (!idle || candidate[1][2] < idle[1][2]) idle = candidate;
      }
      if (!idle) return;
      this.#entries.delete(idle[0]);
    }

  }

  #end(id: string): void {

    this.#entries.delete(id);
    this.#retired.add(id);

  }

  /** Removes what is expired until its time is over; true when it came to the end. */
  #sweepSlice(shards: Iterator<Map<string, MemoryEntry>>): boolean {

    const now = this.#now();
    const pauseAt = performance.now() + SLICE;
    let looked = 0;
    for (let next = shards.next(); !next.done; next = shards.next()) {
      const shard = next.value;
      looked += shard.size;
      shard.forEach(([expire], id) => {
        if (expire < now) shard.delete(id);
      });
      if (looked > FEW && performance.now() > pauseAt) return false;
    }
    return true;

  }

  async #sweepRest(shards: Iterator<Map<string, MemoryEntry>>): Promise<void> {

    do {
      await new Promise(resolve => setImmediate(resolve));
    } while (!this.#sweepSlice(shards));
    this.#sweep = undefined;

  }

}

function systemTime(): number {

  return Math.floor(Date.now() / 1000);

}

const { get, set, delete: remove } = MemoryStore.prototype;
const own = { get, set, delete: remove };
