import type { StoredInfo, StoredUserSession } from '../../base/store.js';

/** A live session, as an index of users has led to it. */
export interface IndexedSession {
  readonly handle: string;
  /** What its record says of it. */
  readonly info: StoredInfo | null | undefined;
  /** Seconds since it was last written or touched. */
  readonly idle: number;
  /** Seconds left to live. */
  readonly left: number;
}

/** The session of a user, as the contract has it; null if its record says that it is not theirs. */
export function userSession({ handle, info, idle, left }: IndexedSession, user: string): StoredUserSession | null {

  if (info?.user !== user) return null;
  return { handle, details: info.details, idle: Math.max(0, idle), remaining: Math.max(0, left) };

}
