/*
 * The store contract: what a store is, in prose and types.
 *
 * Four methods are enough for a store ({@link SessionStore}). A store that can
 * change one session atomically declares it ({@link AtomicSessionStore}) and
 * gives its users more guarantees; `docs/writing-a-store.md` has the table.
 */

/** What an application keeps in a session: a record of top-level keys. */
// biome-ignore lint/suspicious/noExplicitAny: an application's values are its own
export type SessionValues = Record<string, any>;

/** A value, or a promise of it. */
export type Awaitable<T> = T | PromiseLike<T>;

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

/** The top-level keys of a session, each with its value as JSON text. */
export type SessionTexts = ReadonlyMap<string, string>;

/** A change of top-level keys. No key is in both members. */
export interface SessionChange {
  /** Keys that get a new value, each with its JSON text. */
  readonly set: SessionTexts;
  /** Keys to be removed; the session may lack some of them. */
  readonly unset: readonly string[];
}

/**
 * What is known of a session beside its values. Only `create` and `move` set it,
 * together with the id, and it stays the same for as long as the session has
 * that id.
 */
export interface StoredInfo {
  /** The user of the session: a text that is not empty; null for an anonymous session. */
  readonly user: string | null;
  /** At most 4,096 characters of printable ASCII, which the store keeps and does not interpret. */
  readonly details: string;
}

/** The info that a session gets together with its id. */
export interface NewInfo {
  readonly info: StoredInfo;
  /**
   * Given if the request makes the session one of a user: the seconds for which
   * that request has been under way, at the moment when this member is read. If
   * that user's sessions have been ended since the request began, by
   * `endSessionsOf` without `only` or by `endAllSessions`, the session ends in
   * the same step, or right after it, and the answer is `revoked`.
   */
  readonly requestAge?: number | undefined;
}

/** The terms of {@link AtomicSessionStore.load}. */
export interface LoadTerms {
  /**
   * True for a request that is safe (RFC 9110, 9.2.1), such as a GET: a store that
   * keeps copies of sessions may return one. It shows at least every change that
   * went through this object before. Without this member, the store itself is read.
   */
  readonly mayBeCached?: boolean | undefined;
}

/** How long a caller waits for the answer. */
export interface Patience {
  /**
   * Seconds for which the caller waits for the answer. A store whose commands
   * can be executed late refuses this one after that time if it can, with an
   * error and by its own clock: the caller has given up, and the late command
   * could undo what came after it.
   */
  readonly patience?: number | undefined;
  /**
   * Returns the seconds for which the caller still waits: 0 or less when it has
   * given up. This can be more than what is left of `patience`, since the caller
   * does not count the time for which its process stood still. A store that has
   * refused a command as late, and not executed it, calls this function, and
   * tries again if any time is left. Without it, `patience` alone counts.
   */
  readonly patienceLeft?: (() => number) | undefined;
}

/** Terms that {@link AtomicSessionStore.create}, `update` and `move` have in common. */
interface Terms extends Patience {
  /** Seconds, by the store's clock. */
  readonly lifetime: number;
}

/** The terms of {@link AtomicSessionStore.create}. */
export interface CreateTerms extends Terms {
  /** The info of the session, if it has any; only for a store with `keepsInfo`. */
  readonly newInfo?: NewInfo | undefined;
}

/** Terms that an update and a move have in common. */
interface ChangeTerms extends Terms {
  /** The change applies only to this version; without it, to any. */
  readonly version?: string | number | undefined;
  /**
   * The most bytes that the session may have: all keys and JSON texts together,
   * in UTF-8. A change that makes it larger than this, and larger than it was,
   * is refused. Without this member, or with `Infinity`, there is no limit.
   */
  readonly maxBytes?: number | undefined;
}

/** The terms of {@link AtomicSessionStore.update}. */
export interface UpdateTerms extends ChangeTerms {
  /**
   * Passed from time to time if the session has a user: a store with a separate
   * index keeps the entry for two more lifetimes, and restores one that was lost.
   */
  readonly user?: string | undefined;
  /** The very texts that `load` returned, if the change was made from them: a hint that changes no answer. The store ignores texts of others. */
  readonly loaded?: SessionTexts | undefined;
}

/** The terms of {@link AtomicSessionStore.move}. */
export interface MoveTerms extends ChangeTerms {
  /** The info that the session gets with its new id; without this member, it keeps its info. */
  readonly newInfo?: NewInfo | undefined;
}

/**
 * Why a session ended before its time was over: its visitor signed out; someone
 * revoked it; or its user had too many sessions.
 */
export type EndReason = 'signed-out' | 'revoked' | 'limit';

/** The terms of {@link AtomicSessionStore.end}. */
export interface EndTerms {
  /**
   * True if the visitor already has another session: the mark then says that this
   * one was moved. The reason of such an end is always `signed-out`.
   */
  readonly moved?: boolean | undefined;
  /** Kept by the mark. */
  readonly reason?: EndReason | undefined;
}

/** A live session, as {@link AtomicSessionStore.load} returns it. */
export interface LiveSession {
  readonly status: 'live';
  /** A copy, which the caller may change. */
  readonly texts: SessionTexts;
  /** As `create` or `move` last set it; undefined if neither did. */
  readonly info?: StoredInfo | undefined;
  /** Differs after every change of the values; a touch does not change it. */
  readonly version: string | number;
  /** Seconds left to live, by the store's clock. */
  readonly remaining: number;
}

/**
 * The mark that takes the place of a session for {@link RETIRED_FOR} seconds
 * after it was ended, or moved to a new id.
 */
export interface RetiredSession {
  readonly status: 'retired';
  /** True if the session was moved, and has not been ended under its new id since. */
  readonly moved: boolean;
  /** The current info of a session that was moved, if the store keeps it. */
  readonly info?: StoredInfo | undefined;
  /** Why the session was ended, if its end gave a reason and the store keeps it. */
  readonly reason?: EndReason | undefined;
}

/** What a store may return for a session that has expired, for as long as it still has the record. */
export interface ExpiredSession {
  readonly status: 'expired';
  /** The info of the session, if the store keeps it. */
  readonly info?: StoredInfo | undefined;
}

/** What {@link AtomicSessionStore.load} finds under an id. */
export type FoundSession = LiveSession | RetiredSession | ExpiredSession;

/** What a store says of a handle, as {@link AtomicSessionStore.statesOf} returns it. */
export type SessionState =
  | {
    readonly status: 'live';
    /** Seconds left to live, by the store's clock. */
    readonly remaining: number;
  }
  | {
    readonly status: 'retired';
    /** As in {@link RetiredSession}. */
    readonly reason?: EndReason | undefined;
  }
  | { readonly status: 'expired' };

/** One session of a user, as {@link AtomicSessionStore.sessionsOf} returns it. */
export interface StoredUserSession {
  /** As `handleOf` returns it for the session's id. */
  readonly handle: string;
  /** The `details` of its info. */
  readonly details: string;
  /** Seconds since it was last written or touched, by the store's clock. */
  readonly idle: number;
  /** Seconds left to live, by the store's clock. */
  readonly remaining: number;
}

/** Reports of changes, as {@link AtomicSessionStore.watch} begins them. */
export interface SessionWatch {
  /**
   * Resolves when every change that the store made before this call has been
   * reported. Rejects if reports may be lost.
   */
  confirm(): PromiseLike<unknown>;
}

/** Which sessions of a user: all of them, `only` the one with this handle, or all `except` that one. */
export interface WhichSessions {
  readonly only?: string | undefined;
  readonly except?: string | undefined;
}

/** The terms of {@link AtomicSessionStore.endSessionsOf}. */
export interface EndSessionsTerms extends WhichSessions {
  /** As in {@link EndTerms}. */
  readonly reason?: EndReason | undefined;
}

/** Seconds for which a moved or ended id is remembered; docs/parallel-requests.md says why. */
export const RETIRED_FOR = 30;

/**
 * A store that changes one session in one atomic step.
 *
 * For every method: a session whose time is over does not exist, whether or not
 * it has been cleaned up. Lifetimes are durations in seconds, counted on the
 * store's own clock. A method throws only if the backend fails, or if what it
 * has stored can't be read. Of the methods below, only `create` and `move` make
 * records; no other method brings one into being.
 */
export interface AtomicSessionStore extends SessionStore {

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
   *   stays as it is; `revoked` as {@link NewInfo} says: there is no session then
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
   *   `revoked` as {@link NewInfo} says: the session has ended then
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
   * is making another session of the user is refused, as {@link NewInfo} says.
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
