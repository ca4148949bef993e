import type { StoredInfo } from '../../base/store.js';

/** The info of a session, and its last use. */
export interface Kept {
  readonly info: StoredInfo;
  /** When it was last written or touched, in seconds and fractions of them. */
  seen: number;
}

/**
 * What is held for a session: when it expires, as a Unix timestamp in seconds,
 * and members that are the store's own business.
 */
export type MemoryEntry = [expire: number, packed: string, used: number, kept?: Kept];

/** Whether the time of an entry is over. The map is open to all: anything but a time is over, too. */
export function isOver(entry: MemoryEntry, now: number): boolean {

  return !(typeof entry?.[0] === 'number' && entry[0] >= now);

}

/** A copy: callers may change their object later. */
export function copyOf({ user, details }: StoredInfo): StoredInfo {

  return { user, details };

}
