/**
 * The store contract: what a store is, in prose and types.
 *
 * Four methods are enough to be a store ({@link SessionStore}). A store that
 * can change one session atomically says so ({@link AtomicSessionStore}) and
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
 * It may return its values shared or with any prototype, and ids of any shape:
 * the middleware copies what it gets, and encodes ids for the cookie.
 */
export interface SessionStore {

  /**
   * Creates a session or overwrites it whole.
   *
   * @param id as `newSessionId()` returned it
   * @param values top-level keys and JSON values; the store may keep the object
   * @param expire Unix timestamp in whole seconds, in the future, after which the session is gone
   */
  set(id: string, values: SessionValues, expire: number): Awaitable<void>;

  /**
   * Returns the values of a session.
   *
   * Unknown or expired: `null` or `undefined`. Only a broken backend throws, and
   * so does what is there and can't be read.
   */
  get(id: string): Awaitable<SessionValues | null | undefined>;

  /** Removes a session. Removing nothing succeeds. */
  delete(id: string): Awaitable<void>;

  /**
   * Returns an id that no one can guess and that was never used before: at
   * least 128 bits of a CSPRNG (OWASP ASVS 5.0, 7.2.3).
   */
  newSessionId(): Awaitable<string>;

}

/** The top-level keys of a session, each with its value as JSON text. */
export type SessionTexts = ReadonlyMap<string, string>;

/** A change of top-level keys. A key is in one of the two or in none. */
export interface SessionChange {
  /** Keys that get a new value, as JSON text. */
  readonly set: SessionTexts;
  /** Keys that go. */
  readonly unset: readonly string[];
}

/**
 * What a session is, beside its values. It comes with an id and holds for as
 * long as the session has that id: only `create` and `move` give it.
 */
export interface StoredInfo {
  /** Whose it is: a text that is not empty; null for an anonymous session. */
  readonly user: string | null;
  /**
   * What else is to be kept: printable ASCII of at most 4,096 characters, into
   * which a store does not look.
   */
  readonly details: string;
}

/** What a session becomes with its new id. */
export interface NewInfo {
  readonly info: StoredInfo;
  /**
   * Where the session becomes one of a user: for how many seconds the request
   * that makes it so has been under way, at the moment when this is read. Where
   * sessions of that user have been ended since it began, by `endSessionsOf`
   * without `only` or by `endAllSessions`, the session ends in the same step, or
   * right after it, and the answer is `revoked`.
   */
  readonly requestAge?: number | undefined;
}

/** What {@link AtomicSessionStore.create}, `update` and `move` are given beside the session. */
interface Terms {
  /** Seconds, by the store's clock. */
  readonly lifetime: number;
  /**
   * The seconds for which the caller waits for the answer. A store whose
   * commands can be executed late refuses this one then, by its own clock and
   * with an error, where it can: the caller has given it up, and it could undo
   * what came after it.
   */
  readonly patience?: number | undefined;
}

/** On which terms a session is created. */
export interface CreateTerms extends Terms {
  /** What it is, if there is something to keep; only for a store with `keepsInfo`. */
  readonly newInfo?: NewInfo | undefined;
}

/** On which terms a stored session is changed. */
interface ChangeTerms extends Terms {
  /** The change applies only to this version; without it, to any. */
  readonly version?: string | number | undefined;
  /**
   * The most bytes that the session may have: all keys and JSON texts together,
   * in UTF-8. A change that makes it larger than this, and larger than it was,
   * is refused. Without it, or with `Infinity`, none is.
   */
  readonly maxBytes?: number | undefined;
}

/** On which terms a session is changed. */
export interface UpdateTerms extends ChangeTerms {
  /**
   * Passed from time to time if the session has a user: a store with a separate
   * index keeps the entry for two more lifetimes, and restores one that was lost.
   */
  readonly user?: string | undefined;
}

/** On which terms a session is moved to a new id. */
export interface MoveTerms extends ChangeTerms {
  /** What the session is from now on; without it, what it was. */
  readonly newInfo?: NewInfo | undefined;
}

/** On which terms a session is ended. */
export interface EndTerms {
  /** The visitor has another session by now: the mark says that this one was moved. */
  readonly moved?: boolean | undefined;
}

/** A live session, as {@link AtomicSessionStore.load} returns it. */
export interface LiveSession {
  readonly status: 'live';
  /** The caller's own copy. */
  readonly texts: SessionTexts;
  /** As it was given; nothing where nothing was. */
  readonly info?: StoredInfo | undefined;
  /** Differs after every change of the values; a touch leaves it alone. */
  readonly version: string | number;
  /** Seconds left to live, by the store's clock. */
  readonly remaining: number;
}

/**
 * What stands for {@link RETIRED_FOR} seconds in the place of a session that
 * was ended, or moved to a new id.
 */
export interface RetiredSession {
  readonly status: 'retired';
  /** Whether it was moved, and has not been ended since under its new id. */
  readonly moved: boolean;
  /** Where it was moved, what the session is by now; if the store keeps it. */
  readonly info?: StoredInfo | undefined;
}

/** What a store may tell of a session that has expired, as long as it has its record. */
export interface ExpiredSession {
  readonly status: 'expired';
  /** As it was given; if the store keeps it. */
  readonly info?: StoredInfo | undefined;
}

/** What {@link AtomicSessionStore.load} finds under an id. */
export type FoundSession = LiveSession | RetiredSession | ExpiredSession;

/** One session of a user, as {@link AtomicSessionStore.sessionsOf} returns it. */
export interface StoredUserSession {
  /** As `handleOf` returns it for the session's id. */
  readonly handle: string;
  /** `details` of what was given with its id. */
  readonly details: string;
  /** How many seconds ago it was last written or touched. */
  readonly idle: number;
  /** Seconds left to live. */
  readonly remaining: number;
}

/** Which sessions of a user are meant: all, one, or all but one, by their handles. */
export interface WhichSessions {
  readonly only?: string | undefined;
  readonly except?: string | undefined;
}

/** For how many seconds a moved or ended id is remembered; docs/parallel-requests.md says why. */
export const RETIRED_FOR = 30;

/**
 * A store that changes one session in one atomic step.
 *
 * For every method: a session whose time is over does not exist, whether it was
 * cleaned up or not. Lifetimes are durations in seconds, counted on the store's
 * own clock. Only a broken backend throws, and what is there and can't be read
 * is broken. What no live session answers to is never created by anything but `create` and `move`.
 */
export interface AtomicSessionStore extends SessionStore {

  /** Says that the methods below are here and are to be used. */
  readonly atomic: boolean;

  /**
   * Says whether a text can be an id of this store. What can't never reaches
   * it. Without this method, any printable text of up to 512 characters can.
   */
  isSessionId?(id: string): boolean;

  /** Says that a touch costs no round trip: `touchInterval` is 0 by default then. */
  readonly touchIsFree?: boolean;

  /** Says that it keeps what a session is: {@link StoredInfo}. */
  readonly keepsInfo?: boolean;

  /**
   * The public name of the session that has an id. It can be shown and logged,
   * is no id and tells nothing of one, and stays when the session moves, where
   * the new id was made by `newSessionId(id)`.
   */
  handleOf?(id: string): string;

  /**
   * As {@link SessionStore.newSessionId}.
   *
   * @param moving for a session that gets a new id, the id that it has now: a
   *   store may keep a part of it, so that it finds the session in its old place
   */
  newSessionId(moving?: string): Awaitable<string>;

  /**
   * Returns the live session, or the retired mark that stands in its place, or
   * `null`. Of a session whose time is over, that was not ended, and that had
   * this very id, a store may say instead that it has expired, where it knows
   * that anyway: to those who watch, an old tab is no guess then.
   */
  load(id: string): Awaitable<FoundSession | null>;

  /**
   * Creates a session.
   *
   * @returns false, and changes nothing, where a live session or a mark is;
   *   `revoked` as {@link NewInfo} says, and no session is there then
   */
  create(id: string, texts: SessionTexts, terms: CreateTerms): Awaitable<boolean | 'revoked'>;

  /**
   * Merges a change into the live session, key by key and never deeper, and
   * gives it at least `lifetime` more seconds. A session that has no key left
   * lives on.
   *
   * @returns `updated`; `gone` where there is no live session; `conflict` where
   *   the version has passed; `too-large` where the session would be larger than
   *   `maxBytes`: nothing was changed then
   */
  update(
    id: string, change: SessionChange, terms: UpdateTerms,
  ): Awaitable<'updated' | 'gone' | 'conflict' | 'too-large'>;

  /**
   * Gives a live session at least `lifetime` more seconds; never shortens its
   * life and never brings one back.
   *
   * @param user as in {@link UpdateTerms}
   * @returns false where there is no live session
   */
  touch(id: string, lifetime: number, user?: string): Awaitable<boolean>;

  /**
   * Ends the session; where a mark says that it was moved, ends it where it
   * went. Leaves a mark that says "ended", unless the terms say otherwise.
   *
   * @returns false where there was nothing to end
   */
  end(id: string, terms?: EndTerms): Awaitable<boolean>;

  /**
   * Moves the session to a new id in one step: what is stored at that moment,
   * with the change merged in, is under `newId` for `lifetime` seconds, and `id`
   * is retired, pointing there.
   *
   * A store that can't do this in one step has `take` instead.
   *
   * @param newId made by `newSessionId(id)`
   * @returns `moved`; `gone`, `conflict` and `too-large` as `update`; `revoked`
   *   as {@link NewInfo} says: the session has ended then
   * @throws if `newId` is in use
   */
  move?(
    id: string, newId: string, change: SessionChange, terms: MoveTerms,
  ): Awaitable<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'>;

  /**
   * Removes the session, leaves a mark that points to `newId`, and returns what
   * was stored, or `null` where there was no live session.
   *
   * @param patience in seconds, as in {@link UpdateTerms}
   */
  take?(id: string, newId: string, patience?: number): Awaitable<SessionTexts | null>;

  /**
   * Returns the live sessions of a user, in any order.
   *
   * A store that has this method has the next two as well, `keepsInfo` and
   * `handleOf`: it is one that indexes.
   */
  sessionsOf?(user: string): Awaitable<readonly StoredUserSession[]>;

  /**
   * Ends live sessions of a user, each as `end` does, at once for all processes.
   * A move under way does not save a session. Without `only`, a request that is
   * making one more session of the user is refused, as {@link NewInfo} says.
   *
   * @param which all of them without it
   * @returns the handles of those that were ended
   */
  endSessionsOf?(user: string, which?: WhichSessions): Awaitable<readonly string[]>;

  /**
   * Returns the current state of a live session that has moved, by its handle;
   * `null` if there is none, or nothing is known of it. With it, ids from before a renewal
   * are recognised for as long as the session lives, if the store's ids are 59
   * letters and digits, of which the first 16 are the handle and the others random.
   */
  infoByHandle?(handle: string): Awaitable<StoredInfo | null>;

  /** Ends every session in the store, as `endSessionsOf` does for each user and also for anonymous sessions. */
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
