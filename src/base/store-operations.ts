import type { Awaitable, EndReason, SessionTexts, StoredInfo } from './store-terms.js';

/*
 * What a store can do for those who run it: tell about all of its sessions, and
 * give and take whole records. No request asks for any of it.
 */

/**
 * What an atomic store may do beside serving requests. Each method is optional,
 * except that a store with one of `recordPage`, `putRecord` and `takeRecord` has
 * all three.
 *
 * A cursor survives changes: a session that exists all the time, from the first page
 * to the last, is in at least one page, however often it moves; it may be in two. A
 * record of `flash()`, `exclusive()` or a sign-in that is under way is no session: it
 * is in no list and no count, but is transferred as sessions are.
 */
export interface StoreOperations {

  /**
   * Returns a page of all live sessions, in an order of the store's own. Only what is
   * returned leaves the backend: no values are read. A page may be empty although
   * others follow.
   *
   * @throws {TypeError} if `after` is not a cursor of this store, or `limit` is wrong
   */
  sessionPage(terms?: PageTerms): Awaitable<SessionPage>;

  /**
   * Counts sessions. Without `exact`, a store that would have to look at each of very
   * many records may look at some, and estimate the others from these.
   */
  countSessions(terms?: CountTerms): Awaitable<SessionCount>;

  /**
   * Asks the backend for its time, and says whether the store can work with it.
   *
   * @throws if the backend does not answer
   */
  ping(): Awaitable<StorePing>;

  /**
   * Ends the live session that has this handle, whatever its id is by now, and leaves
   * a mark that says "ended".
   *
   * @param reason is kept by the mark
   * @returns false if there is no such session
   */
  endByHandle(handle: string, reason?: EndReason): Awaitable<boolean>;

  /**
   * Returns a page of all live records, as they are stored. A page ends early rather
   * than have more than about a megabyte, unless it has only one record.
   *
   * @throws as `sessionPage` does
   */
  recordPage(terms?: PageTerms): Awaitable<RecordPage>;

  /**
   * Stores a whole record, if neither a live one nor a mark has its handle. Never
   * overwrites. The record gets a version of this store.
   *
   * @returns false if nothing was stored, or the session was ended at once, as
   *   {@link PutTerms} says
   */
  putRecord(record: SessionRecord, terms?: PutTerms): Awaitable<boolean>;

  /**
   * Removes the live record that has this handle, whatever its id is by now, and
   * leaves a mark that says "moved". This is one step: no change that was answered is
   * missing from what is returned, and none is made afterwards.
   *
   * @returns exactly what was stored; null if there was no live record
   * @throws if the answer of the backend was lost: whether the record was removed is
   *   then unknown
   */
  takeRecord(handle: string): Awaitable<SessionRecord | null>;

}

/** Which page. */
export interface PageTerms {
  /** The `next` of the page before; the first page without it. */
  readonly after?: string | undefined;
  /** The most entries of a page: from 1 to 1000, by default 100. */
  readonly limit?: number | undefined;
}

/** A page of live sessions. One that can't be read is left out. */
export interface SessionPage {
  readonly sessions: readonly StoredSession[];
  /** The cursor of the next page; null after the last one. */
  readonly next: string | null;
}

/** A live session among all. */
export interface StoredSession {
  readonly handle: string;
  /** The user of its info; null for an anonymous session, and for one without info. */
  readonly user: string | null;
  /** The `details` of its info; `''` without info. */
  readonly details: string;
  /** Seconds since it was last written or touched, by the store's clock; null if the store does not know. */
  readonly idle: number | null;
  /** Seconds left to live, by the store's clock. */
  readonly remaining: number;
  /**
   * The bytes of its keys and texts in the form in which the store keeps them: as many
   * as `maxBytes` counts, and more for what separates and escapes them. Ids, info, times
   * and what the backend needs for a record are not counted.
   */
  readonly size: number;
}

/** The terms of `countSessions`. */
export interface CountTerms {
  /** True to look at every record, page by page. */
  readonly exact?: boolean | undefined;
}

/** How many sessions a store has. Those that come or go during the count may be missing or counted. */
export interface SessionCount {
  /** Live sessions. */
  readonly live: number;
  /** Those of them that have a user. */
  readonly ofUsers: number;
  /** Sessions whose time is over, and that the store still keeps until it cleans up. */
  readonly expired: number;
  /** Whether every record was looked at. Otherwise, the numbers are estimates. */
  readonly isExact: boolean;
}

/** The answer to a `ping`. */
export interface StorePing {
  /** Seconds until the backend answered; of several servers, the slowest. */
  readonly roundTrip: number;
  /**
   * The time of the backend's clock minus that of this process, in seconds, to about
   * `roundTrip`; of several servers, the one that differs most. Null if the backend has
   * the clock of this machine.
   */
  readonly clockDifference: number | null;
  /** Whether the store has found out that the backend returns what is stored; null if it does not try that. */
  readonly selfTest: 'passed' | 'failed' | null;
  /** Why the test failed. */
  readonly problem?: string | undefined;
}

/** A page of live records. */
export interface RecordPage {
  readonly records: readonly SessionRecord[];
  /** The handles of records that are damaged. No request can use their sessions. */
  readonly unreadable: readonly string[];
  /** The cursor of the next page; null after the last one. */
  readonly next: string | null;
}

/** A live record, as a store keeps it: without the id, which no one can derive from it. */
export interface SessionRecord {
  readonly handle: string;
  /** SHA-256 of the current id, in base64url. */
  readonly hash: string;
  /** The ids that the session had a moment ago, the newest first. */
  readonly former: readonly FormerId[];
  /** All keys and texts: those of `encrypted()` are sealed. */
  readonly texts: SessionTexts;
  /** As it was stored. */
  readonly info?: StoredInfo | undefined;
  /** Seconds since it was last written or touched, by the store's clock; null if the store does not know. */
  readonly idle: number | null;
  /** Seconds left to live, by the store's clock. */
  readonly remaining: number;
  /** As in {@link LiveSession}; a store that gets the record does not keep it. */
  readonly version?: string | number | undefined;
}

/** An id that a session had before. */
export interface FormerId {
  /** SHA-256 of the id, in base64url. */
  readonly hash: string;
  /** The seconds for which it is still remembered. */
  readonly remaining: number;
}

/** The terms of `putRecord`. */
export interface PutTerms {
  /**
   * The seconds since the record was read, at the moment when this member is read. If
   * the user's sessions have been ended in this store since then, as `NewInfo` says of a
   * request, the session ends in the same step, or right after it.
   */
  readonly requestAge?: number | undefined;
}

/** What a store has that gives and takes whole records. */
export type TransferableStore = Required<Pick<StoreOperations, 'recordPage' | 'putRecord' | 'takeRecord'>>;

/** Says whether a store gives and takes whole records. */
export function isTransferable<Store extends object>(store: Store): store is Store & TransferableStore {

  return (['recordPage', 'putRecord', 'takeRecord'] as const).every(method => typeof (store as Partial<StoreOperations>)[method] === 'function');

}
