import type { StoredInfo } from '../../base/store.js';
import { ShardedMap } from './sharded-map.js';
import { handleOf } from '../../id/stored-id.js';
import { UserIndex } from './user-index.js';

/** So many sessions are looked at in any case: a small store is clean when `gc()` returns, as in 1.x. */
const FEW = 1000;

/** How long a clean-up may hold the event loop at a time, in milliseconds. */
const SLICE = 1;

/** What a session is beside its values. */
export interface Kept {
  readonly info: StoredInfo;
  /** When it was last written or touched, in seconds and fractions of them. */
  seen: number;
}

/**
 * What is held for a session: when it expires, as a Unix timestamp in seconds,
 * and what is the store's own business.
 */
export type MemoryEntry = [expire: number, packed: string, used: number, kept?: Kept];

/** With a limit, anonymous sessions and those of users are kept apart, each in the order of use. */
const NOBODYS = 0;
const USERS = 1;

/**
 * The sessions of a store in memory, by their ids: those go that are over, and
 * those that are too many. Whoever removes one removes it from its user's, too.
 */
export class MemoryEntries extends ShardedMap<MemoryEntry> {

  readonly users = new UserIndex();
  /** The ids of sessions that have moved, by their handles. */
  readonly handles = new Map<string, string>();
  readonly #most: number;
  readonly #now: () => number;
  readonly #walks = new Set<string[]>();
  #uses = 0;
  #sweep: Promise<void> | undefined;

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

  override set(id: string, entry: MemoryEntry): this {

    if (!this.#isLimited) return super.set(id, entry);
    const part = typeof entry?.[3]?.info.user === 'string' ? USERS : NOBODYS;
    this.shard(id, 1 - part).delete(id);
    this.shard(id, part).set(id, entry);
    return this;

  }

  /** Puts a session where none is, or where the same one is. */
  put(id: string, packed: string, expire: number, kept?: Kept): void {

    if (this.#isLimited) {
      this.delete(id);
      this.#makeRoom();
    }
    this.set(id, kept ? [expire, packed, this.#uses++, kept] : [expire, packed, this.#uses++]);
    if (kept && kept.info.user !== null) this.users.add(kept.info.user, id);

  }

  /** Lets a session live as long at least. */
  use(id: string, entry: MemoryEntry, expire: number): void {

    if (expire > entry[0]) entry[0] = expire;
    if (!this.#isLimited) return;
    // Last in its shard, so that each shard begins with what was used longest ago.
    entry[2] = this.#uses++;
    this.#remove(id);
    this.set(id, entry);

  }

  override delete(id: string): boolean {

    const user = this.get(id)?.[3]?.info.user;
    if (typeof user === 'string') this.users.delete(user, id);
    if (this.handles.size > 0 && this.handles.get(handleOf(id)) === id) this.handles.delete(handleOf(id));
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
      return entry?.[3]?.info.user === user ? [{ id, expire: entry[0], kept: entry[3] }] : [];
    });

  }

  /** Takes note that a session has got this id in the place of another. */
  moved(newId: string): void {

    this.handles.set(handleOf(newId), newId);
    for (const walk of this.#walks) walk.push(newId);

  }

  /** The ids of all sessions, for whoever goes through them in steps: one that moves meanwhile is met where it went. */
  *walk(): Generator<string, void> {

    const moved: string[] = [];
    this.#walks.add(moved);
    try {
      for (const shard of this.shards) yield* [...shard.keys()];
      // It may grow until its end is reached.
      yield* moved;
    } finally {
      this.#walks.delete(moved);
    }

  }

  /** Removes what has expired: at once as much as a few milliseconds allow, and the rest in steps. */
  gc(): Promise<void> {

    if (this.#sweep) return this.#sweep;
    const shards = this.shards.values();
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
      const idle = this.#idle(NOBODYS) ?? this.#idle(USERS);
      if (idle === undefined) return;
      this.delete(idle);
    }

  }

  /** The id of the session that was used longest ago. */
  #idle(part: number): string | undefined {

    let idle: [string, MemoryEntry] | undefined;
    for (const candidate of this.oldest(part)) {
      if (!idle || candidate[1][2] < idle[1][2]) idle = candidate;
    }
    return idle?.[0];

  }

  /** Removes what is expired until its time is over; true when it came to the end. */
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

/** Whether the time of an entry is over. The map is open to all: a time that is none is over, too. */
export function isOver(entry: MemoryEntry, now: number): boolean {

  return !(typeof entry?.[0] === 'number' && entry[0] >= now);

}
