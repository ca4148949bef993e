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
   * @param expire Unix timestamp in seconds after which the session is gone
   */
  set(id: string, values: SessionValues, expire: number): Awaitable<void>;

  /**
   * Returns the values of a session.
   *
   * Unknown or expired: `null` or `undefined`. Only a broken backend throws.
   */
  get(id: string): Awaitable<SessionValues | null | undefined>;

  /** Removes a session. Removing nothing succeeds. */
  delete(id: string): Awaitable<void>;

  /**
   * Returns an id that nobody can guess and that was never used before: at
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

/** A live session, as {@link AtomicSessionStore.load} returns it. */
export interface LiveSession {
  readonly status: 'live';
  /** The caller's own copy. */
  readonly texts: SessionTexts;
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
}

/** For how many seconds a moved or ended id is remembered; docs/parallel-requests.md says why. */
export const RETIRED_FOR = 30;

/**
 * A store that changes one session in one atomic step.
 *
 * For every method: a session whose time is over does not exist, whether it was
 * cleaned up or not. Lifetimes are durations in seconds, counted on the store's
 * own clock. Only a broken backend throws. What no live session answers to is
 * never created by anything but `create` and `move`.
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

  /**
   * As {@link SessionStore.newSessionId}.
   *
   * @param moving for a session that gets a new id, the id that it has now: a
   *   store may keep a part of it, so that it finds the session in its old place
   */
  newSessionId(moving?: string): Awaitable<string>;

  /** Returns the live session, or the retired mark that stands in its place, or `null`. */
  load(id: string): Awaitable<LiveSession | RetiredSession | null>;

  /**
   * Creates a session, for `lifetime` seconds.
   *
   * @returns false, and changes nothing, where a live session or a mark is
   */
  create(id: string, texts: SessionTexts, lifetime: number): Awaitable<boolean>;

  /**
   * Merges a change into the live session, key by key and never deeper, and
   * gives it at least `lifetime` more seconds. Where no key is left, the
   * session ends in the same step and leaves a mark.
   *
   * @param version if given, the change applies only to this version
   * @param patience the seconds for which the caller waits for the answer. A
   *   store whose commands can be executed late refuses this one then, by its
   *   own clock and with an error, where it can: the caller has given it up,
   *   and it could undo what came after it
   * @returns `updated`; `ended` where no key was left; `gone` where there is no
   *   live session; `conflict` where the version has passed
   */
  update(
    id: string, change: SessionChange, lifetime: number, version?: string | number, patience?: number,
  ): Awaitable<'updated' | 'ended' | 'gone' | 'conflict'>;

  /**
   * Gives a live session at least `lifetime` more seconds; never shortens its
   * life and never brings one back.
   *
   * @returns false where there is no live session
   */
  touch(id: string, lifetime: number): Awaitable<boolean>;

  /**
   * Ends the session; where a mark says that it was moved, ends it where it
   * went. Leaves a mark that says "ended".
   *
   * @returns false where there was nothing to end
   */
  end(id: string): Awaitable<boolean>;

  /**
   * Moves the session to a new id in one step: what is stored at that moment,
   * with the change merged in, stands under `newId` for `lifetime` seconds, and
   * `id` is retired, pointing there. Where no key is left, the session ends.
   *
   * A store that can't do this in one step has `take` instead.
   *
   * @param newId made by `newSessionId(id)`
   * @param patience as in `update`
   * @returns `moved`; `ended` where no key was left; `gone` where there is no
   *   live session
   * @throws if `newId` is in use
   */
  move?(
    id: string, newId: string, change: SessionChange, lifetime: number, patience?: number,
  ): Awaitable<'moved' | 'ended' | 'gone'>;

  /**
   * Removes the session, leaves a mark that points to `newId`, and returns what
   * was stored, or `null` where there was no live session.
   *
   * @param patience as in `update`
   */
  take?(id: string, newId: string, patience?: number): Awaitable<SessionTexts | null>;

}

/** Says whether a store declares the atomic methods. */
export function isAtomic(store: SessionStore): store is AtomicSessionStore {

  return (store as Partial<AtomicSessionStore>).atomic === true;

}
