import type { StoredInfo } from '../../base/store.js';
import { EMPTY } from '../shared/packed-texts.js';

/** The info of a session, and its last use. */
export interface Kept {
  readonly info: StoredInfo;
  /** When it was last written or touched, in seconds and fractions of them. */
  seen: number;
}

/**
 * What is held for a session. Users of the store read it like a tuple whose only
 * member is the expiry, as a Unix timestamp in seconds.
 *
 * It is one object: an array is two, and with millions of sessions each object
 * that a request reads is fetched from main memory.
 */
export class MemoryEntry {

  expire: number;
  packed: string;
  /** The running number of its last use. */
  used: number;
  /** Only in an entry with info: other sessions need no room for it. */
  declare readonly kept?: Kept;

  constructor(expire: number, packed: string, used: number) {
    this.expire = expire;
    this.packed = packed;
    this.used = used;
  }

  get 0(): number {
    return this.expire;
  }

  set 0(expire: number) {
    this.expire = expire;
  }

  *[Symbol.iterator](): Generator<number, void> {
    yield this.expire;
  }

}

class EntryWithInfo extends MemoryEntry {

  override readonly kept: Kept;

  constructor(expire: number, packed: string, used: number, kept: Kept) {
    super(expire, packed, used);
    this.kept = kept;
  }

}

export function newEntry(expire: number, packed: string, used: number, kept: Kept | undefined): MemoryEntry {

  return kept ? new EntryWithInfo(expire, packed, used, kept) : new MemoryEntry(expire, packed, used);

}

/** Makes an entry of what others have put into the map, which is open to all. Anything but a tuple is over. */
export function toEntry(value: unknown): MemoryEntry {

  if (value instanceof MemoryEntry) return value;
  const [expire, packed] = Array.isArray(value) ? value : [];
  return new MemoryEntry(expire ?? Number.NaN, packed ?? EMPTY, 0);

}

/** Whether the time of an entry is over. Anything but a time is over, too. */
export function isOver({ expire }: MemoryEntry, now: number): boolean {

  return !(typeof expire === 'number' && expire >= now);

}

/** A copy: callers may change their object later. */
export function copyOf({ user, details }: StoredInfo): StoredInfo {

  return { user, details };

}
