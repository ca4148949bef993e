import { andThen } from '../../base/awaitable.js';
import type {
  Awaitable, EndReason, FormerId, PageTerms, PutTerms, RecordPage, SessionCount, SessionPage, SessionRecord, StoredSession,
} from '../../base/store.js';
import { pack, unpack } from '../shared/packed-texts.js';
import { checkedPage, checkHandle, fitting, type Page } from '../shared/pages.js';
import { checkRecord, newInfoOf, OTHER_LINE } from '../shared/records.js';
import type { RetiredIds } from '../shared/retired-ids.js';
import { inSlices } from './in-slices.js';
import type { MemoryEntries } from './memory-entries.js';
import { copyOf, isOver, type MemoryEntry } from './memory-entry.js';
import { handleIn, hashedKey, hashIn } from './memory-keys.js';
import type { MemoryUsers } from './memory-users.js';
import type { ShardedMap } from './sharded-map.js';

interface Parts {
  readonly entries: MemoryEntries;
  readonly users: MemoryUsers;
  readonly retired: RetiredIds;
}

/** A live session, and where it is. */
interface Found {
  readonly handle: string;
  readonly key: string;
  readonly entry: MemoryEntry;
}

/** Lists and counts all sessions, and gives and takes whole records. */
export class MemoryOperations {

  readonly #entries: MemoryEntries;
  readonly #users: MemoryUsers;
  readonly #retired: RetiredIds;
  readonly #exactly: () => number;
  #hasHashedKeys = false;

  /** @param now the clock, in seconds */
  constructor({ entries, users, retired }: Parts, now: () => number) {
    this.#entries = entries;
    this.#users = users;
    this.#retired = retired;
    this.#exactly = now;
  }

  /** Whether a session ever came without its id. */
  get hasHashedKeys(): boolean {
    return this.#hasHashedKeys;
  }

  sessionPage(terms: PageTerms): Awaitable<SessionPage> {

    const page = checkedPage(terms);
    checkHandle(page.after);
    return andThen(this.#entries.indexHandles(), handles => {
      const { found, next } = this.#page(handles, page);
      return { sessions: found.filter(({ entry }) => !isOther(entry)).map(each => this.#described(each)), next };
    });

  }

  countSessions(): Awaitable<SessionCount> {

    return andThen(this.#entries.indexHandles(), handles => {
      const now = this.#now();
      const count = { live: 0, ofUsers: 0, expired: 0 };
      const counted = inSlices(keysIn(handles), key => {
        const entry = this.#entries.get(key);
        if (!entry || isOther(entry)) return;
        if (isOver(entry, now)) count.expired++;
        else count.live++;
        if (!isOver(entry, now) && typeof entry.kept?.info.user === 'string') count.ofUsers++;
      });
      return andThen(counted, () => ({ ...count, isExact: true }));
    });

  }

  endByHandle(handle: string, reason: EndReason | undefined): Awaitable<boolean> {

    return andThen(this.#entries.indexHandles(), handles => {
      const found = this.#find(handles, handle);
      if (found) this.#users.endSession(found.key, { reason });
      return found !== null;
    });

  }

  recordPage(terms: PageTerms): Awaitable<RecordPage> {

    const page = checkedPage(terms);
    checkHandle(page.after);
    return andThen(this.#entries.indexHandles(), handles => {
      const { found, next } = this.#page(handles, page);
      const count = fitting(found.map(({ entry }) => entry.packed.length));
      const former = this.#former();
      return {
        records: found.slice(0, count).map(each => this.#recordOf(each, former)),
        unreadable: [],
        next: count === found.length ? next : found[count - 1]?.handle ?? null,
      };
    });

  }

  /** The id is not known: the session gets another key, as memory-keys.ts says. */
  putRecord(record: SessionRecord, terms: PutTerms): Awaitable<boolean> {

    checkRecord(record);
    const { handle, former, texts, info, idle, remaining } = record;
    return andThen(this.#entries.indexHandles(), handles => {
      if (!(remaining > 0) || this.#find(handles, handle) || this.#hasMark(handle)) return false;
      if (this.#users.refuses(newInfoOf(record, terms))) return false;
      const key = hashedKey(record);
      this.#hasHashedKeys = true;
      const now = this.#exactly();
      // It lives until its last second is over. To the nearest second, so that its life does not grow with each transfer.
      this.#entries.put(key, pack(texts), Math.max(Math.round(now + remaining) - 1, this.#now()), info && { info: copyOf(info), seen: now - (idle ?? 0) });
      for (const { hash, remaining: left } of former.toReversed()) this.#retired.add(hashedKey({ handle, hash }), { next: key, info }, left);
      return true;
    });

  }

  takeRecord(handle: string): Awaitable<SessionRecord | null> {

    return andThen(this.#entries.indexHandles(), handles => {
      const found = this.#find(handles, handle);
      if (!found) return null;
      const record = this.#recordOf(found, this.#former());
      this.#users.endSession(found.key, { moved: true });
      return record;
    });

  }

  #page(handles: ShardedMap<string>, { after, limit }: Page): { found: Found[]; next: string | null } {

    const looked: string[] = [];
    for (const handle of handles.keysAfter(after)) {
      // There is at least one more.
      if (looked.length === limit) return { found: this.#all(handles, looked), next: looked.at(-1) ?? null };
      looked.push(handle);
    }
    return { found: this.#all(handles, looked), next: null };

  }

  #all(handles: ShardedMap<string>, looked: readonly string[]): Found[] {

    return looked.flatMap(handle => this.#find(handles, handle) ?? []);

  }

  #find(handles: ShardedMap<string>, handle: string): Found | null {

    const key = handles.get(handle);
    const entry = key === undefined ? undefined : this.#entries.get(key);
    // One whose time is over stays until the clean-up: requests still learn that it has expired.
    return entry && !isOver(entry, this.#now()) ? { handle, key: key as string, entry } : null;

  }

  #hasMark(handle: string): boolean {

    for (const key of this.#retired.ids()) {
      const mark = handleIn(key) === handle ? this.#retired.get(key) : null;
      // Others point to a session that was deleted without a mark.
      if (mark && (!mark.moved || mark.reason)) return true;
    }
    return false;

  }

  #described({ handle, entry: { kept, expire, packed } }: Found): StoredSession {

    const { user, details } = kept?.info ?? { user: null, details: '' };
    return { handle, user, details, idle: this.#idle(kept?.seen), remaining: expire + 1 - this.#exactly(), size: Buffer.byteLength(packed) };

  }

  #recordOf({ handle, key, entry: { kept, expire, packed } }: Found, former: ReadonlyMap<string, FormerId[]>): SessionRecord {

    return {
      handle, hash: hashIn(key), former: former.get(key) ?? [], texts: unpack(packed), ...(kept && { info: copyOf(kept.info) }),
      idle: this.#idle(kept?.seen), remaining: expire + 1 - this.#exactly(), version: packed,
    };

  }

  /** The former ids of sessions, by their current keys. */
  #former(): Map<string, FormerId[]> {

    const former = new Map<string, FormerId[]>();
    for (const { id, at, remaining } of this.#retired.moves()) {
      former.set(at, [{ hash: hashIn(id), remaining }, ...former.get(at) ?? []]);
    }
    return former;

  }

  #idle(seen: number | undefined): number | null {

    return seen === undefined ? null : Math.max(0, this.#exactly() - seen);

  }

  /** In whole seconds, as expiries are. */
  #now(): number {

    return Math.floor(this.#exactly());

  }

}

/** Each key once: a session that moves in between stays in its shard of handles. */
function* keysIn(handles: ShardedMap<string>): Generator<string, void> {

  for (const shard of handles.shards()) yield* [...shard.values()];

}

/** Whether it is a record that is no session. */
function isOther({ packed }: MemoryEntry): boolean {

  return packed.startsWith(OTHER_LINE, 1);

}
