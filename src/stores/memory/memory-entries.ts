import { andThen } from '../../base/awaitable.js';
import { flatCopy } from '../../base/flat-copy.js';
import type { Awaitable } from '../../base/store.js';
import { inSlices } from './in-slices.js';
import { isOver, type Kept, type MemoryEntry, newEntry, toEntry } from './memory-entry.js';
import { handleIn } from './memory-keys.js';
import { ShardedMap } from './sharded-map.js';
import { UserIndex } from './user-index.js';

/** The number of sessions that are looked at in any case: a small store is clean when `gc()` returns, as in 1.x. */
const FEW = 1000;

/** How long a clean-up may hold the event loop at a time, in milliseconds. */
const SLICE = 1;

/** With a limit, anonymous sessions and those of users are kept apart, each in the order of use. */
const ANONYMOUS = 0;
const USERS = 1;

/**
 * The sessions of a store in memory, by their ids. It removes those that have
 * expired or are too many. Removing a session removes it from those of its user.
 */
export class MemoryEntries extends ShardedMap<MemoryEntry> {

  readonly users = new UserIndex();
  /** The ids of sessions by their handles: of those that have moved, and of all once they were asked for. */
  handles: Map<string, string> = new Map();
  readonly #most: number;
  readonly #now: () => number;
  readonly #walks = new Set<string[]>();
  #uses = 0;
  #sweep: Promise<void> | undefined;
  #indexing: Awaitable<ShardedMap<string>> | undefined;

  /**
   * @param most the most sessions to keep
   * @param now the clock, in whole seconds
   */
  constructor(most: number, now: () => number) {
    super(most === Infinity ? 1 : 2);
    this.#most = most;
    this.#now = now;
  }

  /** The entry of a session whose time is not over. */
  live(id: string, now: number): MemoryEntry | undefined {

    const entry = this.get(id);
    if (entry === undefined || !isOver(entry, now)) return entry;
    this.delete(id);
    return undefined;

  }

  override get(id: string): MemoryEntry | undefined {

    const entry = super.get(id);
    return entry === undefined && this.#isLimited ? this.shard(id, USERS).get(id) : entry;

  }

  override has(id: string): boolean {

    return super.has(id) || (this.#isLimited && this.shard(id, USERS).has(id));

  }

  override set(id: string, value: MemoryEntry): this {

    const entry = toEntry(value);
    if (this.#indexing) this.#index(id);
    if (!this.#isLimited) return super.set(id, entry);
    const part = typeof entry.kept?.info.user === 'string' ? USERS : ANONYMOUS;
    this.shard(id, 1 - part).delete(id);
    this.shard(id, part).set(flatCopy(id), entry);
    return this;

  }

  /** Has `handles`, which it returns, find all sessions from now on. */
  indexHandles(): Awaitable<ShardedMap<string>> {

    if (this.#indexing) return this.#indexing;
    const handles = new ShardedMap<string>();
    for (const [handle, id] of this.handles) handles.set(handle, id);
    this.handles = this.#indexing = handles;
    this.#indexing = andThen(inSlices(this.walk(), id => {
      if (this.has(id)) this.#index(id);
    }), () => handles);
    return this.#indexing;

  }

  #index(id: string): void {

    const own = flatCopy(id);
    this.handles.set(handleIn(own), own);

  }

  /** Puts a session in, or overwrites it. */
  put(id: string, packed: string, expire: number, kept?: Kept): void {

    if (this.#isLimited) {
      this.delete(id);
      this.#makeRoom();
    }
    this.set(id, newEntry(expire, packed, this.#uses++, kept));
    if (kept && kept.info.user !== null) this.users.add(kept.info.user, id);

  }

  /** Lets a session live at least until then. */
  use(id: string, entry: MemoryEntry, expire: number): void {

    if (expire > entry.expire) entry.expire = expire;
    if (!this.#isLimited) return;
    // Last in its shard: each shard begins with the least recently used session.
    entry.used = this.#uses++;
    this.#remove(id);
    this.set(id, entry);

  }

  override delete(id: string): boolean {

    const user = this.get(id)?.kept?.info.user;
    if (typeof user === 'string') this.users.delete(user, id);
    if ((this.#indexing || this.handles.size > 0) && this.handles.get(handleIn(id)) === id) this.handles.delete(handleIn(id));
    return this.#remove(id);

  }

  override clear(): void {

    this.users.clear();
    this.handles.clear();
    super.clear();

  }

  /** The live sessions of a user. */
  of(user: string, now: number): Array<{ id: string; expire: number; kept: Kept }> {

    return this.users.of(user).flatMap(id => {
      const entry = this.live(id, now);
      return entry?.kept?.info.user === user ? [{ id, expire: entry.expire, kept: entry.kept }] : [];
    });

  }

  /** Remembers that a session has moved to this id. */
  moved(newId: string): void {

    this.handles.set(handleIn(newId), newId);
    for (const walk of this.#walks) walk.push(newId);

  }

  /** The ids of all sessions, for going through them in steps: a session that moves in between is met under its new id. */
  *walk(): Generator<string, void> {

    const moved: string[] = [];
    this.#walks.add(moved);
    try {
      for (const shard of this.shards()) yield* [...shard.keys()];
      // It may grow until its end is reached.
      yield* moved;
    } finally {
      this.#walks.delete(moved);
    }

  }

  /** Removes what has expired: at once as much as a few milliseconds allow, and the rest in steps. */
  gc(): Promise<void> {

    if (this.#sweep) return this.#sweep;
    const shards = this.shards();
    if (this.#sweepSlice(shards)) return Promise.resolve();
    this.#sweep = this.#sweepRest(shards);
    return this.#sweep;

  }

  get #isLimited(): boolean {

    return this.#most !== Infinity;

  }

  #remove(id: string): boolean {

    const was = super.delete(id);
    return (this.#isLimited && this.shard(id, USERS).delete(id)) || was;

  }

  /** Drops anonymous sessions first: visitors without a cookie, in any number, must not sign users out. */
  #makeRoom(): void {

    while (this.size >= this.#most) {
      const idle = this.#idle(ANONYMOUS) ?? this.#idle(USERS);
      if (idle === undefined) return;
      this.delete(idle);
    }

  }

  /** The id of the least recently used session. */
  #idle(part: number): string | undefined {

    let idle: [string, MemoryEntry] | undefined;
    for (const candidate of this.oldest(part)) {
      if (!idle || candidate[1].used < idle[1].used) idle = candidate;
    }
    return idle?.[0];

  }

  /** Removes what has expired until its time is over. @returns whether it came to the end */
  #sweepSlice(shards: Iterator<Map<string, MemoryEntry>>): boolean {

    const now = this.#now();
    const pauseAt = performance.now() + SLICE;
    let looked = 0;
    for (let next = shards.next(); !next.done; next = shards.next()) {
      const shard = next.value;
      looked += shard.size;
      shard.forEach((entry, id) => {
        if (isOver(entry, now)) this.delete(id);
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
