import cluster from 'node:cluster';
import type {
  AtomicSessionStore, Awaitable, CountTerms, CreateTerms, EndReason, EndSessionsTerms, EndTerms, FoundSession, MoveTerms, PageTerms, PutTerms, RecordPage,
  SessionChange, SessionCount, SessionPage, SessionRecord, SessionState, SessionTexts, SessionValues, StoredInfo, StoredUserSession, StorePing, UpdateTerms,
} from '../base/store.js';
import { warnOnce } from '../base/warnings.js';
import { handleOf, newStoredId } from '../id/stored-id.js';
import { fromTexts, toTexts } from '../values/session-values.js';
import { MemoryEngine } from './memory/memory-engine.js';
import type { MemoryEntry } from './memory/memory-entry.js';
import { checkedOptions, type MemoryStoreOptions } from './memory/memory-options.js';
import { GcTimer } from './shared/gc-timer.js';
import { unpack } from './shared/packed-texts.js';

export type { MemoryEntry, MemoryStoreOptions };

/**
 * Keeps sessions in the memory of this process.
 *
 * Sessions are gone when the process ends, and no other process sees them: use
 * it for tests, for development, or for one process whose users may sign in
 * again after a restart. Expired sessions are collected in small steps, and the
 * store does not keep the process alive.
 */
export class MemoryStore implements AtomicSessionStore {

  /** From id to an entry whose first member is the expiry, for inspection. */
  readonly store: Map<string, MemoryEntry>;

  readonly touchIsFree: boolean = true;
  readonly keepsInfo: boolean = true;

  readonly #engine: MemoryEngine;
  readonly #timer = new GcTimer(() => this.gc());

  /** @throws {TypeError} for a wrong option */
  constructor(options: MemoryStoreOptions = {}) {

    const { maxSessions, now } = checkedOptions(options);
    this.#engine = new MemoryEngine(maxSessions, now);
    this.store = this.#engine.entries;
    this.scheduleGc();
    if (cluster.isWorker) {
      warnOnce('SESSION_MEMORY_WORKER', 'A memory store is used in a worker process of a cluster: the other workers have none of its sessions. Use a store that they share, such as SQLite or Redis');
    }

  }

  /**
   * True, unless a subclass or a test has replaced `get`, `set` or `delete`: then
   * the middleware must call the replacement.
   */
  get atomic(): boolean {

    return this.get === own.get && this.set === own.set && this.delete === own.delete;

  }

  async get(id: string): Promise<SessionValues | null> {

    const entry = this.#engine.live(this.#engine.keyOf(id));
    return entry ? fromTexts(unpack(entry.packed)) : null;

  }

  /** @throws {SessionValueError} for values that can't be stored */
  async set(id: string, values: SessionValues, expire: number): Promise<void> {

    this.#engine.put(this.#engine.keyOf(id), toTexts(values), expire);

  }

  async delete(id: string): Promise<void> {

    this.store.delete(this.#engine.keyOf(id));

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

    return this.#engine.load(this.#engine.keyOf(id));

  }

  create(id: string, texts: SessionTexts, terms: CreateTerms): boolean | 'revoked' {

    return this.#engine.create(this.#engine.keyOf(id), texts, terms);

  }

  update(id: string, change: SessionChange, terms: UpdateTerms): 'updated' | 'gone' | 'conflict' | 'too-large' {

    return this.#engine.update(this.#engine.keyOf(id), change, terms);

  }

  touch(id: string, lifetime: number): boolean {

    return this.#engine.touch(this.#engine.keyOf(id), lifetime);

  }

  move(
    id: string, newId: string, change: SessionChange, terms: MoveTerms,
  ): 'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked' {

    return this.#engine.move(this.#engine.keyOf(id), newId, change, terms);

  }

  end(id: string, terms: EndTerms = {}): boolean {

    return this.#engine.end(this.#engine.keyOf(id), terms);

  }

  sessionsOf(user: string): StoredUserSession[] {

    return this.#engine.users.sessionsOf(user);

  }

  infoByHandle(handle: string): StoredInfo | null {

    return this.#engine.users.infoByHandle(handle);

  }

  endSessionsOf(user: string, terms: EndSessionsTerms = {}): string[] {

    return this.#engine.users.endSessionsOf(user, terms);

  }

  /** The first call goes through all sessions, in steps if there are many; from then on, the store keeps an index. */
  statesOf(handles: readonly string[]): Awaitable<Array<SessionState | null>> {

    return this.#engine.states.statesOf(handles);

  }

  /** Like all methods for those who run the store, it first sees to the index that `statesOf` needs. */
  sessionPage(terms: PageTerms = {}): Awaitable<SessionPage> {

    return this.#engine.operations.sessionPage(terms);

  }

  /** Always counts exactly. */
  countSessions(_terms?: CountTerms): Awaitable<SessionCount> {

    return this.#engine.operations.countSessions();

  }

  ping(): StorePing {

    return { roundTrip: 0, clockDifference: null, selfTest: null };

  }

  endByHandle(handle: string, reason?: EndReason): Awaitable<boolean> {

    return this.#engine.operations.endByHandle(handle, reason);

  }

  recordPage(terms: PageTerms = {}): Awaitable<RecordPage> {

    return this.#engine.operations.recordPage(terms);

  }

  putRecord(record: SessionRecord, terms: PutTerms = {}): Awaitable<boolean> {

    return this.#engine.operations.putRecord(record, terms);

  }

  takeRecord(handle: string): Awaitable<SessionRecord | null> {

    return this.#engine.operations.takeRecord(handle);

  }

  /** Ends as many as it may at once; if there are more, in steps between which other work goes on. */
  endAllSessions(): Awaitable<void> {

    return this.#engine.users.endAllSessions();

  }

  /**
   * Removes expired sessions: at once as many as a few milliseconds allow, and
   * the rest in steps between which other work goes on.
   *
   * @returns a promise that is fulfilled when all are gone
   */
  gc(): Promise<void> {

    return this.#engine.entries.gc();

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

}

const { get, set, delete: remove } = MemoryStore.prototype;
const own = { get, set, delete: remove };
