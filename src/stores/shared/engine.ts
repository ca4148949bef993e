import type {
  Awaitable, CreateTerms, EndReason, EndSessionsTerms, EndTerms, FoundSession, MoveTerms, PutTerms, RecordPage, SessionChange, SessionCount, SessionRecord,
  SessionState, SessionTexts, StoredInfo, StoredSession, StoredUserSession, StorePing, UpdateTerms,
} from '../../base/store.js';
import type { StoredId } from '../../id/stored-id.js';

/** When an engine answers: always `later`, with a promise; or `at once` if it can, and otherwise with a promise. */
export type When = 'later' | 'at once';

/** An answer of an engine that answers then. */
export type Answer<W extends When, T> = { 'later': Promise<T>; 'at once': Awaitable<T> }[W];

/** The most handles that an engine is asked about at a time. */
export const MOST_HANDLES = 1000;

/** A live record on a page. */
export interface PageRow {
  readonly handle: string;
  /** As in `StoredSession`. */
  readonly size: number;
  /** Null for a record that is no session, and for one that can't be read. */
  readonly session: StoredSession | null;
}

/** A page of live records. */
export interface EnginePage {
  readonly rows: readonly PageRow[];
  /** Returns the cursor of what follows the first so many rows of this page; null if nothing does. */
  next(count: number): string | null;
}

/** Lists and counts all records, and gives and takes whole ones. */
export interface EngineOperations<W extends When> {

  /**
   * Lists live records in an order that their changes do not affect, without their
   * texts.
   *
   * @param after the cursor of another page, or `''`
   * @throws {TypeError} if it is no cursor
   */
  page(after: string, limit: number): Answer<W, EnginePage>;

  /**
   * Reads those of these records that are live.
   *
   * @param handles at most {@link MOST_HANDLES}
   */
  records(handles: readonly string[]): Answer<W, Omit<RecordPage, 'next'>>;

  /** Writes a record, if there is none under its handle. Revoked as in `create`. */
  putRecord(record: SessionRecord, terms: PutTerms): Answer<W, boolean>;

  /** Replaces a live record by a mark that says "moved". */
  takeRecord(handle: string): Answer<W, SessionRecord | null>;

  /** Ends a live session, whatever its id. */
  endByHandle(handle: string, reason: EndReason | undefined): Answer<W, boolean>;

  /** Counts sessions, in several steps; an engine may estimate if it need not be exact. */
  count(isExact: boolean): Answer<W, SessionCount>;

  ping(): Answer<W, StorePing>;

}

/**
 * Keeps the records of sessions: what differs from one kind of store to the
 * next. `KeyedStore` has the methods of the contract over any engine.
 *
 * A record has the handle of a session as its key, and holds the hash of its id,
 * the hashes of the ids that it had before (former-ids.ts), its texts, info,
 * version and expiry. It stays in its place when the session moves. When the
 * session ends, its record loses id, texts and info, and is kept as the mark for
 * `REMEMBERED` more milliseconds.
 *
 * The methods have the names, the order of parameters and the answers of the
 * contract (base/store.ts), and keep its promises. An id comes as its handle and
 * hash. Each method is one atomic step, unless it says otherwise.
 */
export interface Engine<W extends When> {

  readonly answers: W;

  /** What it can do for those who run the store. */
  readonly operations: EngineOperations<W>;

  /** Finds the live session that has this id, or says that it has been moved, has ended or has expired. */
  load(id: StoredId): Answer<W, FoundSession | null>;

  /**
   * Writes the record of a new session, if there is none under its handle. If the
   * request began before sessions of the user were ended, the session ends in the
   * same step, or in a second one.
   */
  create(id: StoredId, texts: SessionTexts, terms: CreateTerms): Answer<W, boolean | 'revoked'>;

  /**
   * Writes the texts of a session, whether or not it has a record; a live session
   * keeps its info.
   *
   * @param lifetime in seconds; 0 or less for a session that is over
   * @returns false, and changes nothing, if a session lives there under another id
   */
  put(id: StoredId, texts: SessionTexts, lifetime: number): Answer<W, boolean>;

  /** Merges a change into the record of a live session. */
  update(id: StoredId, change: SessionChange, terms: UpdateTerms): Answer<W, 'updated' | 'gone' | 'conflict' | 'too-large'>;

  /** Lets a live session live longer. */
  touch(id: StoredId, lifetime: number, user?: string): Answer<W, boolean>;

  /**
   * Merges a change into the record of a live session, and writes another hash
   * into it. Revoked as in `create`.
   *
   * @param newId has the same handle, and another hash
   */
  move(
    id: StoredId, newId: StoredId, change: SessionChange, terms: MoveTerms,
  ): Answer<W, 'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'>;

  /** Ends a live session that has this id, or had it a moment ago. */
  end(id: StoredId, terms: EndTerms): Answer<W, boolean>;

  /** Removes a session that has this id, without a mark. */
  delete(id: StoredId): Answer<W, void>;

  /** Finds the info of a live session, whatever its id; null if it has none. */
  infoByHandle(handle: string): Answer<W, StoredInfo | null>;

  /**
   * Says what has become of sessions; one that the engine does not know is left out.
   *
   * @param handles at most {@link MOST_HANDLES}, of the right form, each once
   */
  statesOf(handles: readonly string[]): Answer<W, ReadonlyMap<string, SessionState | null>>;

  /** Finds the live sessions of a user. */
  sessionsOf(user: string): Answer<W, StoredUserSession[]>;

  /**
   * Ends live sessions of a user. Unless `only` is given, it first leaves a mark
   * with the time, for `REVOKED_FOR` milliseconds: `create` and `move` compare it
   * with the begin of a request, after or while they write the record. So one of
   * the two sees what the other did.
   *
   * @param terms has handles of the right form
   */
  endSessionsOf(user: string, terms: EndSessionsTerms): Answer<W, string[]>;

  /** The same for all sessions of all users, and for anonymous sessions; in several steps. */
  endAllSessions(): Promise<void>;

}
