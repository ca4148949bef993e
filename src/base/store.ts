/*
 * The store contract: what a store is, in prose and types.
 *
 * Four methods are enough for a store ({@link SessionStore}). A store that can
 * change one session atomically declares it ({@link AtomicSessionStore}) and
 * gives its users more guarantees; `docs/writing-a-store.md` has the table.
 */

import type { StoreOperations } from './store-operations.js';
import type {
  Awaitable, CreateTerms, EndSessionsTerms, EndTerms, EndWatch, FoundSession, LoadTerms, MoveTerms, SessionChange,
  SessionState, SessionTexts, SessionWatch, StoredInfo, StoredUserSession, UpdateTerms,
} from './store-terms.js';

export * from './store-operations.js';
export * from './store-terms.js';

/** What an application keeps in a session: a record of top-level keys. */
// biome-ignore lint/suspicious/noExplicitAny: an application's values are its own
export type SessionValues = Record<string, any>;

/**
 * The smallest store.
 *
 * It may return objects that it shares or that have any prototype, and ids of
 * any form: the middleware copies values, and encodes ids for the cookie.
 */
export interface SessionStore {

  /**
   * Creates a session, or replaces an existing one with all its values.
   *
   * @param id as `newSessionId()` returned it
   * @param values top-level keys and JSON values; the store may keep the object
   * @param expire Unix timestamp in whole seconds, after which the session is gone
   */
  set(id: string, values: SessionValues, expire: number): Awaitable<void>;

  /**
   * Returns the values of a session; `null` or `undefined` if it is unknown or
   * has expired. Throws only if the backend fails, or the session can't be read.
   */
  get(id: string): Awaitable<SessionValues | null | undefined>;

  /** Removes a session. It is no error if there is none. */
  delete(id: string): Awaitable<void>;

  /**
   * Returns an id that no one can guess and that has never been used: at least
   * 128 bits of a CSPRNG (OWASP ASVS 5.0, 7.2.3).
   */
  newSessionId(): Awaitable<string>;

}

/**
 * A store that changes one session in one atomic step.
 *
 * For every method: a session whose time is over does not exist, whether or not
 * it has been cleaned up. Lifetimes are durations in seconds, counted on the
 * store's own clock. A method throws only if the backend fails, or if what it
 * has stored can't be read. Of the methods below, only `create` and `move` make
 * records; no other method brings one into being.
 */
export interface AtomicSessionStore extends SessionStore, Partial<StoreOperations> {

  /** True to declare that the store has the methods below and that the middleware is to use them. */
  readonly atomic: boolean;

  /**
   * Says whether a text can be an id of this store; no other text reaches it.
   * Without this method, any printable text of up to 512 characters can be one.
   */
  isSessionId?(id: string): boolean;

  /** True if a touch costs no round trip: `touchInterval` is then 0 by default. */
  readonly touchIsFree?: boolean;

  /** True if the store keeps the info of sessions: {@link StoredInfo}. */
  readonly keepsInfo?: boolean;

  /**
   * True if no two records have ids with the same first 16 characters: `create` then
   * refuses the second. `ctx.exclusive()` relies on it, with ids of 59 letters and digits.
   */
  readonly uniqueHandles?: boolean;

  /**
   * Returns the public name of the session that has this id. It can be shown
   * and logged: it is not an id, and no one can guess the id from it. It stays
   * the same when the session moves to an id that `newSessionId(id)` made.
   */
  handleOf?(id: string): string;

  /**
   * As {@link SessionStore.newSessionId}.
   *
   * @param moving the current id of a session that is to be moved: the store
   *   may keep a part of it in the new id, to find the session in its old place
   */
  newSessionId(moving?: string): Awaitable<string>;

  /**
   * Returns the live session, or the mark that has taken its place, or `null`.
   * If a session had exactly this id until its time was over, and was not ended
   * before, a store that still knows it may say that it has expired: subscribers
   * to events can then tell an old tab from a guessed id.
   */
  load(id: string, terms?: LoadTerms): Awaitable<FoundSession | null>;

  /**
   * Creates a session.
   *
   * @returns true; false if the id already has a live session or a mark, which
   *   stays as it is; `revoked` as `NewInfo` says: there is no session then
   */
  create(id: string, texts: SessionTexts, terms: CreateTerms): Awaitable<boolean | 'revoked'>;

  /**
   * Merges a change into the live session, key by key and never deeper, and
   * lets it live for at least `lifetime` seconds from now on. A session that has
   * no key left lives on.
   *
   * @returns `updated`; or, with nothing changed: `gone` if there is no live
   *   session; `conflict` if it no longer has the given version; `too-large` if
   *   it would be larger than `maxBytes`
   */
  update(
    id: string, change: SessionChange, terms: UpdateTerms,
  ): Awaitable<'updated' | 'gone' | 'conflict' | 'too-large'>;

  /**
   * Lets a live session live for at least `lifetime` seconds from now on. Never
   * shortens its life, and never brings a session back.
   *
   * @param lifetime seconds, by the store's clock
   * @param user as in {@link UpdateTerms}
   * @returns false if there is no live session
   */
  touch(id: string, lifetime: number, user?: string): Awaitable<boolean>;

  /**
   * Ends the session; if a mark says that it was moved, under its current id.
   * Leaves a mark that says "ended", unless the terms ask for "moved".
   *
   * @returns false if there was nothing to end
   */
  end(id: string, terms?: EndTerms): Awaitable<boolean>;

  /**
   * Moves the session to a new id in one step: what is stored at that moment,
   * with the change merged in, is then under `newId` and lives for `lifetime`
   * seconds, and `id` has a mark that points to `newId`.
   *
   * A store that can't do this in one step has `take` instead.
   *
   * @param newId made by `newSessionId(id)`
   * @returns `moved`; `gone`, `conflict` and `too-large` as from `update`;
   *   `revoked` as `NewInfo` says: the session has ended then
   * @throws if `newId` is in use; nothing is changed then
   */
  move?(
    id: string, newId: string, change: SessionChange, terms: MoveTerms,
  ): Awaitable<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'>;

  /**
   * Removes the session, leaves a mark that points to `newId`, and returns what
   * was stored; `null` if there was no live session.
   *
   * @param patience in seconds, as in the terms of `update`
   * @param patienceLeft as in the terms of `update`
   */
  take?(id: string, newId: string, patience?: number, patienceLeft?: () => number): Awaitable<SessionTexts | null>;

  /**
   * Returns the live sessions of a user, in any order.
   *
   * A store that has this method indexes by user: it also has `endSessionsOf`,
   * `endAllSessions`, `handleOf` and `keepsInfo`.
   */
  sessionsOf?(user: string): Awaitable<readonly StoredUserSession[]>;

  /**
   * Ends live sessions of a user, each as `end` does, at once for all processes.
   * A move at that moment does not save a session. Without `only`, a request that
   * is making another session of the user is refused, as `NewInfo` says.
   *
   * @param terms all of the user's sessions by default
   * @returns the handles of the sessions that were ended
   */
  endSessionsOf?(user: string, terms?: EndSessionsTerms): Awaitable<readonly string[]>;

  /**
   * Returns the current info of a live session that has moved, by its handle;
   * `null` if there is no such session, or it has no info. With this method, the
   * middleware recognises ids from before a renewal for as long as the session
   * lives, if the store's ids have 59 letters and digits, of which the first 16
   * are the handle and the others random.
   */
  infoByHandle?(handle: string): Awaitable<StoredInfo | null>;

  /**
   * Returns what has become of sessions, in the order of the handles: a session is
   * `live` even if it has moved, since it keeps its handle; `retired` while its mark
   * exists; `expired` for as long as the store still has its record. Null for any
   * other handle, and for a text that is none. A session's values and ids have no
   * influence. For a client that reports changes, this counts as a load: {@link watch}.
   *
   * Only a store that has `sessionsOf` has this method.
   */
  statesOf?(handles: readonly string[]): Awaitable<ReadonlyArray<SessionState | null>>;

  /**
   * Reports changes of sessions, whoever makes them, for as long as the process
   * runs. A store around this one that keeps copies drops them then.
   *
   * @param changed is called, but not before this method has returned, with the
   *   handle of a session that may have changed or ended since it was loaded through
   *   this object; with null if that is possible for all, as when reports were lost
   * @returns null if the store's client can't do so
   */
  watch?(changed: (handle: string | null) => void): SessionWatch | null;

  /** Reports ends of sessions until it is stopped, as {@link EndWatch} says; null if the store's client can't do so. */
  watchEnds?(ended: (handle: string | null) => void): EndWatch | null;

  /** Ends every session in the store, as `endSessionsOf` does for each user, and anonymous sessions, too. Its reason is `revoked`. */
  endAllSessions?(): Awaitable<void>;

}

/** An atomic store that finds the sessions of a user. */
export type IndexingSessionStore = AtomicSessionStore
  & Required<Pick<AtomicSessionStore, 'handleOf' | 'sessionsOf' | 'endSessionsOf' | 'endAllSessions'>>;

/** Says whether a store finds the sessions of a user. */
export function isIndexing(store: SessionStore): store is IndexingSessionStore {

  return isAtomic(store) && typeof store.sessionsOf === 'function';

}

/** Says whether a store declares the atomic methods. */
export function isAtomic(store: SessionStore): store is AtomicSessionStore {

  return (store as Partial<AtomicSessionStore>).atomic === true;

}
