import cluster from 'node:cluster';
import { wrong } from '../base/option-checks.js';
import { fromTexts, toTexts } from '../values/session-values.js';
import { warnOnce } from '../base/warnings.js';
import type {
  AtomicSessionStore, Awaitable, CreateTerms, EndTerms, ExpiredSession, FoundSession, MoveTerms, StoredInfo, SessionChange,
  SessionTexts, SessionValues, StoredUserSession, UpdateTerms, WhichSessions,
} from '../base/store.js';
import { GcTimer } from './shared/gc-timer.js';
import { isOver, type Kept, MemoryEntries, type MemoryEntry } from './memory/memory-entries.js';
import { isPackedTooLarge, pack, repack, unpack } from './shared/packed-texts.js';
import { ELSEWHERE, RetiredIds } from './shared/retired-ids.js';
import { Revocations } from './shared/revocations.js';
import { checkNames } from './shared/store-options.js';
import { handleOf, newStoredId } from '../id/stored-id.js';

export type { MemoryEntry };

/** Options of {@link MemoryStore}. */
export interface MemoryStoreOptions {

  /**
   * The most sessions to keep; unlimited by default. When it is exceeded,
   * the least recently used anonymous session is dropped, as if it had expired; if
   * there is none, the least recently used one of any user.
   */
  maxSessions?: number;

  /**
   * The clock, in seconds since 1970; the system's by default. For tests. It does
   * not move deadlines, such as those of `absoluteExpiry`.
   */
  now?: () => number;

}

/** How long it may hold the event loop at a time to end all sessions, in milliseconds. */
const SLICE = 1;

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
  readonly keepsInfo: boolean = true;

  readonly #entries: MemoryEntries;
  readonly #retired: RetiredIds;
  readonly #revocations = new Revocations();
  /** In whole seconds, as expiries are. */
  readonly #now: () => number;
  readonly #exactly: () => number;
  readonly #timer = new GcTimer(() => this.gc());

  /** @throws {TypeError} for a wrong option */
  constructor(options: MemoryStoreOptions = {}) {

    checkNames(options, 'maxSessions', 'now');
    const { maxSessions = Infinity, now = systemTime } = options;
    if (maxSessions !== Infinity && !(Number.isInteger(maxSessions) && maxSessions >= 1)) {
      throw wrong('maxSessions', maxSessions, 'must be a whole number from 1, or Infinity');
    }
    if (typeof now !== 'function') {
      throw wrong('now', now, 'must be a function that returns seconds');
    }
    this.#exactly = now;
    this.#now = () => Math.floor(now());
    this.#entries = new MemoryEntries(maxSessions, this.#now);
    this.store = this.#entries;
    this.#retired = new RetiredIds(now);
    this.scheduleGc();
    if (cluster.isWorker) {
      warnOnce('SESSION_MEMORY_WORKER', 'A memory store is used in a worker process of a cluster: the other workers have none of its sessions. Use a store that they share, such as SQLite or Redis');
    }

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
    const now = this.#now();
    this.#retired.delete(id);
    this.#entries.put(id, packed, expire, keptNow(this.#live(id, now)?.[3]?.info, this.#exactly()));

  }

  async delete(id: string): Promise<void> {

    this.#entries.delete(id);

  }

  newSessionId(moving?: string): string {

    return newStoredId(moving);

  }

  isSessionId(id: string): boolean {

    return id.length <= 256 && /^[\x21-\x7e]+$/.test(id);

  }

  handleOf(id: string): string {

    return handleOf(id);

  }

  load(id: string): FoundSession | null {

    const now = this.#now();
    const entry = this.#entries.get(id);
    if (!entry) return this.#retired.get(id);
    if (isOver(entry, now)) {
      if (typeof entry[0] === 'number' && entry[0] < now) return expired(entry[3]?.info);
      // What others have put into the map may be no entry.
      this.#entries.delete(id);
      return null;
    }
    this.#entries.use(id, entry, entry[0]);
    const texts = unpack(entry[1]);
    // Equal text is equal data: no counter is needed.
    const version = entry[1];
    // It lives until its last second is over.
    const remaining = entry[0] + 1 - now;
    const info = entry[3]?.info;
    if (info === undefined) return { status: 'live', texts, version, remaining };
    return { status: 'live', texts, version, remaining, info: { user: info.user, details: info.details } };

  }

  create(id: string, texts: SessionTexts, { lifetime, newInfo }: CreateTerms): boolean | 'revoked' {

    const now = this.#now();
    if (this.#live(id, now) || this.#retired.get(id)) return false;
    if (newInfo && this.#revocations.refuses(newInfo)) return 'revoked';
    this.#entries.put(id, pack(texts), now + lifetime, keptNow(newInfo?.info, this.#exactly()));
    return true;

  }

  update(
    id: string, change: SessionChange, { lifetime, version, maxBytes }: UpdateTerms,
  ): 'updated' | 'gone' | 'conflict' | 'too-large' {

    const now = this.#now();
    const entry = this.#live(id, now);
    if (!entry) return 'gone';
    if (version !== undefined && version !== entry[1]) return 'conflict';
    const packed = repack(entry[1], change);
    if (isPackedTooLarge(entry[1], packed, maxBytes)) return 'too-large';
    entry[1] = packed;
    this.#lengthen(id, entry, now, lifetime);
    return 'updated';

  }

  touch(id: string, lifetime: number): boolean {

    const now = this.#now();
    const entry = this.#live(id, now);
    if (entry) this.#lengthen(id, entry, now, lifetime);
    return entry !== undefined;

  }

  move(
    id: string, newId: string, change: SessionChange, { lifetime, newInfo, version, maxBytes }: MoveTerms,
  ): 'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked' {

    const now = this.#now();
    const entry = this.#live(id, now);
    if (!entry) return 'gone';
    if (version !== undefined && version !== entry[1]) return 'conflict';
    const packed = repack(entry[1], change);
    if (isPackedTooLarge(entry[1], packed, maxBytes)) return 'too-large';
    if (this.#live(newId, now) || this.#retired.get(newId)) throw new Error('newSessionId() returned an id that is in use');
    if (newInfo && this.#revocations.refuses(newInfo)) {
      this.#end(id);
      return 'revoked';
    }
    const info = newInfo ? newInfo.info : entry[3]?.info;
    this.#entries.delete(id);
    this.#retired.add(id, newId, info);
    this.#entries.put(newId, packed, now + lifetime, keptNow(info, this.#exactly()));
    this.#entries.moved(newId);
    return 'moved';

  }

  end(id: string, { moved }: EndTerms = {}): boolean {

    const target = this.#retired.whereIs(id);
    if (!this.#live(target)) return false;
    this.#end(target, moved ? ELSEWHERE : undefined);
    return true;

  }

  sessionsOf(user: string): StoredUserSession[] {

    const [now, exactly] = [this.#now(), this.#exactly()];
    return this.#entries.of(user, now).map(({ id, expire, kept: { info, seen } }) => (
      { handle: handleOf(id), details: info.details, idle: Math.max(0, exactly - seen), remaining: expire + 1 - now }
    ));

  }

  infoByHandle(handle: string): StoredInfo | null {

    const entry = this.#live(this.#entries.handles.get(handle) ?? '');
    return entry?.[3] ? { user: entry[3].info.user, details: entry[3].info.details } : null;

  }

  endSessionsOf(user: string, { only, except }: WhichSessions = {}): string[] {

    if (only === undefined) this.#revocations.add(user);
    const handles: string[] = [];
    for (const { id } of this.#entries.of(user, this.#now())) {
      const handle = handleOf(id);
      if (handle === except || (only !== undefined && handle !== only)) continue;
      this.#end(id);
      handles.push(handle);
    }
    return handles;

  }

  /** Ends many sessions in steps, between which other work goes on; some of them at once. */
  endAllSessions(): Awaitable<void> {

    this.#revocations.addAll();
    const ids = this.#entries.walk();
    return this.#endSlice(ids) ? undefined : this.#endRest(ids);

  }

  /**
   * Removes expired sessions: at once as many as a few milliseconds allow, and
   * the rest in steps between which other work goes on.
   *
   * @returns a promise that is fulfilled when all are gone
   */
  gc(): Promise<void> {

    return this.#entries.gc();

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

    return this.#entries.live(id, now);

  }

  #lengthen(id: string, entry: MemoryEntry, now: number, lifetime: number): void {

    this.#entries.use(id, entry, now + lifetime);
    if (entry[3]) entry[3].seen = this.#exactly();

  }

  #end(id: string, next?: string): void {

    this.#entries.delete(id);
    this.#retired.add(id, next);

  }

  /** Ends sessions until its time is over; true when it came to the end. */
  #endSlice(ids: Iterator<string>): boolean {

    const now = this.#now();
    const pauseAt = performance.now() + SLICE;
    for (let next = ids.next(); !next.done; next = ids.next()) {
      if (this.#live(next.value, now)) this.#end(next.value);
      if (performance.now() > pauseAt) return false;
    }
    return true;

  }

  async #endRest(ids: Iterator<string>): Promise<void> {

    do {
      await new Promise(resolve => setImmediate(resolve));
    } while (!this.#endSlice(ids));

  }

}

/** Takes what is given as its own: the caller may change its object later. */
function keptNow(info: StoredInfo | undefined, seen: number): Kept | undefined {

  return info && { info: { user: info.user, details: info.details }, seen };

}

/** It stays until the clean-up: a browser's next requests shall be told the same. */
function expired(info: StoredInfo | undefined): ExpiredSession {

  return info ? { status: 'expired', info: { user: info.user, details: info.details } } : { status: 'expired' };

}

function systemTime(): number {

  return Date.now() / 1000;

}

const { get, set, delete: remove } = MemoryStore.prototype;
const own = { get, set, delete: remove };
