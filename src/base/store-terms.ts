/*
 * What the methods of an atomic store take and return: `store.ts` has the methods.
 */

/** A value, or a promise of it. */
export type Awaitable<T> = T | PromiseLike<T>;

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

/** The terms of `load`. */
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

/** Terms that `create`, `update` and `move` have in common. */
interface Terms extends Patience {
  /** Seconds, by the store's clock. */
  readonly lifetime: number;
}

/** The terms of `create`. */
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

/** The terms of `update`. */
export interface UpdateTerms extends ChangeTerms {
  /**
   * Passed from time to time if the session has a user: a store with a separate
   * index keeps the entry for two more lifetimes, and restores one that was lost.
   */
  readonly user?: string | undefined;
  /** The very texts that `load` returned, if the change was made from them: a hint that changes no answer. The store ignores texts of others. */
  readonly loaded?: SessionTexts | undefined;
}

/** The terms of `move`. */
export interface MoveTerms extends ChangeTerms {
  /** The info that the session gets with its new id; without this member, it keeps its info. */
  readonly newInfo?: NewInfo | undefined;
}

/**
 * Why a session ended before its time was over: its visitor signed out; someone
 * revoked it; or its user had too many sessions.
 */
export type EndReason = 'signed-out' | 'revoked' | 'limit';

/** The terms of `end`. */
export interface EndTerms {
  /**
   * True if the visitor already has another session: the mark then says that this
   * one was moved. The reason of such an end is always `signed-out`.
   */
  readonly moved?: boolean | undefined;
  /** Kept by the mark. */
  readonly reason?: EndReason | undefined;
}

/** A live session, as `load` returns it. */
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

/** What `load` finds under an id. */
export type FoundSession = LiveSession | RetiredSession | ExpiredSession;

/** What a store says of a handle, as `statesOf` returns it. */
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

/** One session of a user, as `sessionsOf` returns it. */
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

/** Reports of changes, as `watch` begins them. */
export interface SessionWatch {
  /**
   * Resolves when every change that the store made before this call has been
   * reported. Rejects if reports may be lost.
   */
  confirm(): PromiseLike<unknown>;
}

/**
 * Reports of ends, as {@link AtomicSessionStore.watchEnds} begins them, whoever ends
 * the sessions; an expiry need not be reported. For a store to which reports of all
 * changes cost too much: one that has `watch` needs no more.
 *
 * The listener is called with the handle of a session that may have ended, or with
 * null if any may have; but not before `watchEnds` has returned.
 */
export interface EndWatch extends SessionWatch {
  /** Ends the reports. */
  stop(): void;
}

/** Which sessions of a user: all of them, `only` the one with this handle, or all `except` that one. */
export interface WhichSessions {
  readonly only?: string | undefined;
  readonly except?: string | undefined;
}

/** The terms of `endSessionsOf`. */
export interface EndSessionsTerms extends WhichSessions {
  /** As in {@link EndTerms}. */
  readonly reason?: EndReason | undefined;
}

/** Seconds for which a moved or ended id is remembered; docs/parallel-requests.md says why. */
export const RETIRED_FOR = 30;
