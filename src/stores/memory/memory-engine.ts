import type {
  CreateTerms, EndTerms, ExpiredSession, FoundSession, MoveTerms, SessionChange, SessionTexts, StoredInfo, UpdateTerms,
} from '../../base/store.js';
import { storedId } from '../../id/stored-id.js';
import { isPackedTooLarge, pack, repack, unpack } from '../shared/packed-texts.js';
import { RetiredIds } from '../shared/retired-ids.js';
import { MemoryEntries } from './memory-entries.js';
import { copyOf, isOver, type Kept, type MemoryEntry } from './memory-entry.js';
import { hashedKey } from './memory-keys.js';
import { MemoryOperations } from './memory-operations.js';
import { MemoryStates } from './memory-states.js';
import { MemoryUsers } from './memory-users.js';

/** Keeps sessions in memory, each under the key of its id. Like the engines of other stores, it has the methods of the contract. */
export class MemoryEngine {

  readonly entries: MemoryEntries;
  readonly users: MemoryUsers;
  readonly states: MemoryStates;
  readonly operations: MemoryOperations;

  readonly #retired: RetiredIds;
  /** In whole seconds, as expiries are. */
  readonly #now: () => number;
  readonly #exactly: () => number;

  /**
   * @param most the most sessions to keep
   * @param now the clock, in seconds
   */
  constructor(most: number, now: () => number) {

    this.#exactly = now;
    this.#now = () => Math.floor(now());
    this.entries = new MemoryEntries(most, this.#now);
    this.#retired = new RetiredIds(now);
    this.users = new MemoryUsers(this.entries, this.#retired, now);
    this.states = new MemoryStates(this.entries, this.#retired, this.#now);
    this.operations = new MemoryOperations({ entries: this.entries, users: this.users, retired: this.#retired }, now);

  }

  /** The key of the session that has this id, if there is one: the id itself, unless only its hash is known. */
  keyOf(id: string): string {

    if (!this.operations.hasHashedKeys) return id;
    const key = hashedKey(storedId(id));
    return this.entries.has(key) || this.#retired.get(key) ? key : id;

  }

  /** The live entry of a session. */
  live(key: string, now = this.#now()): MemoryEntry | undefined {

    return this.entries.live(key, now);

  }

  load(id: string): FoundSession | null {

    const entry = this.entries.get(id);
    if (!entry) return this.#retired.get(id);
    const now = this.#now();
    if (isOver(entry, now)) {
      if (typeof entry.expire === 'number' && entry.expire < now) return expired(entry.kept?.info);
      // Others may have put something into the map that is not an entry.
      this.entries.delete(id);
      return null;
    }
    this.entries.use(id, entry, entry.expire);
    const texts = unpack(entry.packed);
    // Equal text is equal data: no counter is needed.
    const version = entry.packed;
    // It lives until its last second is over.
    const remaining = entry.expire + 1 - now;
    const info = entry.kept?.info;
    if (info === undefined) return { status: 'live', texts, version, remaining };
    return { status: 'live', texts, version, remaining, info: copyOf(info) };

  }

  create(id: string, texts: SessionTexts, { lifetime, newInfo }: CreateTerms): boolean | 'revoked' {

    const now = this.#now();
    if (this.live(id, now) || this.#retired.get(id)) return false;
    if (this.users.refuses(newInfo)) return 'revoked';
    this.entries.put(id, pack(texts), now + lifetime, keptNow(newInfo?.info, this.#exactly()));
    return true;

  }

  put(id: string, texts: SessionTexts, expire: number): void {

    const packed = pack(texts);
    this.#retired.delete(id);
    this.entries.put(id, packed, expire, keptNow(this.live(id)?.kept?.info, this.#exactly()));

  }

  update(
    id: string, change: SessionChange, { lifetime, version, maxBytes }: UpdateTerms,
  ): 'updated' | 'gone' | 'conflict' | 'too-large' {

    const now = this.#now();
    const entry = this.live(id, now);
    if (!entry) return 'gone';
    if (version !== undefined && version !== entry.packed) return 'conflict';
    const packed = repack(entry.packed, change);
    if (isPackedTooLarge(entry.packed, packed, maxBytes)) return 'too-large';
    entry.packed = packed;
    this.#lengthen(id, entry, now + lifetime);
    return 'updated';

  }

  touch(id: string, lifetime: number): boolean {

    const now = this.#now();
    const entry = this.live(id, now);
    if (entry) this.#lengthen(id, entry, now + lifetime);
    return entry !== undefined;

  }

  move(
    id: string, newId: string, change: SessionChange, { lifetime, newInfo, version, maxBytes }: MoveTerms,
  ): 'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked' {

    const now = this.#now();
    const entry = this.live(id, now);
    if (!entry) return 'gone';
    if (version !== undefined && version !== entry.packed) return 'conflict';
    const packed = repack(entry.packed, change);
    if (isPackedTooLarge(entry.packed, packed, maxBytes)) return 'too-large';
    if (this.live(newId, now) || this.#retired.get(newId)) throw new Error('newSessionId() returned an id that is in use');
    if (this.users.refuses(newInfo)) {
      this.users.endSession(id, { reason: 'revoked' });
      return 'revoked';
    }
    const info = newInfo ? newInfo.info : entry.kept?.info;
    this.entries.delete(id);
    this.#retired.add(id, { next: newId, info });
    this.entries.put(newId, packed, now + lifetime, keptNow(info, this.#exactly()));
    this.entries.moved(newId);
    return 'moved';

  }

  end(id: string, terms: EndTerms): boolean {

    const target = this.#retired.whereIs(id);
    if (!this.live(target)) return false;
    this.users.endSession(target, terms);
    return true;

  }

  #lengthen(id: string, entry: MemoryEntry, expire: number): void {

    this.entries.use(id, entry, expire);
    if (entry.kept) entry.kept.seen = this.#exactly();

  }

}

function keptNow(info: StoredInfo | undefined, seen: number): Kept | undefined {

  return info && { info: copyOf(info), seen };

}

/** Its entry stays until the clean-up, so that the browser's next requests find the same. */
function expired(info: StoredInfo | undefined): ExpiredSession {

  return info ? { status: 'expired', info: copyOf(info) } : { status: 'expired' };

}
