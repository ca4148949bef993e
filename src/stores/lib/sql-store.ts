import { fromTexts, toTexts } from '../../session-values.js';
import type {
  AtomicSessionStore, LiveSession, RetiredSession, SessionChange, SessionTexts, SessionValues,
} from '../../store.js';
import { isFormer } from './former-ids.js';
import { toJson } from './json-texts.js';
import { ServerClock } from './server-clock.js';
import { isLive, readRow, type SqlRow, sessionIn } from './sql-row.js';
import { isStoredId, movedId, newStoredId, type StoredId, storedId } from './stored-id.js';
import { type SweptTable, Sweeper } from './sweeper.js';

/**
 * When a statement was executed, in Unix milliseconds by the server's clock;
 * negative where the session ended by it, and 0 where it changed nothing.
 */
export type Executed = number;

/**
 * What a database server can do with the table of sessions: each method is one
 * statement on one row, found by its handle. Lifetimes are milliseconds, and
 * deadlines moments of the server's clock after which nothing must be changed.
 */
export interface SqlTable extends SweptTable {

  /** Creates the table where it is missing. */
  setup(): Promise<void>;

  /** The row, in the form of {@link readRow}. */
  read(handle: string): PromiseLike<string | undefined>;

  /** Inserts a row, or overwrites one whose time is over. */
  create(id: StoredId, data: string, lifetime: number): PromiseLike<Executed>;

  /** Inserts a row, or overwrites one, unless it has another id that lives. */
  put(id: StoredId, data: string, lifetime: number): PromiseLike<Executed>;

  /** @param version the only one that may be changed, if given */
  update(id: StoredId, change: SessionChange, lifetime: number, deadline: number, version: number | null): PromiseLike<Executed>;

  /** @param newHash must not be a former one */
  move(id: StoredId, change: SessionChange, lifetime: number, deadline: number, newHash: string): PromiseLike<Executed>;

  touch(id: StoredId, lifetime: number): PromiseLike<Executed>;

  /** Ends a live session that has, or had, this id. */
  end(id: StoredId): PromiseLike<Executed>;

  delete(id: StoredId): PromiseLike<unknown>;

}

/** The longest life that a session can be given, in milliseconds: 3,000 years. */
const LONGEST = 1e14;

/** So often a change is tried that is refused for no reason to be seen. */
const MOST_TRIES = 10;

/** Keeps sessions in a table of a database server. */
export abstract class SqlStore implements AtomicSessionStore {

  readonly atomic = true;

  readonly #table: SqlTable;
  readonly #clock = new ServerClock();
  readonly #sweeper: Sweeper;

  constructor(table: SqlTable) {

    this.#table = table;
    this.#sweeper = new Sweeper(table);
    this.scheduleGc();

  }

  /** Creates the table and its index where they are missing. Several processes may do so at once. */
  setup(): Promise<void> {

    return this.#table.setup();

  }

  async get(id: string): Promise<SessionValues | null> {

    const found = await this.load(id);
    try {
      return found?.status === 'live' ? fromTexts(found.texts) : null;
    } catch {
      // What this store wrote is JSON.
      return null;
    }

  }

  /**
   * @throws {SessionValueError} for values that can't be stored
   * @throws {Error} where the session has another id by now
   */
  async set(id: string, values: SessionValues, expire: number): Promise<void> {

    const data = toJson(toTexts(values));
    const lifetime = milliseconds(expire - Date.now() / 1000);
    if (!this.#isDone(await this.#table.put(storedId(id), data, lifetime))) {
      throw new Error('The session has another id by now: this one can\'t be set');
    }

  }

  async delete(id: string): Promise<void> {

    await this.#table.delete(storedId(id));

  }

  newSessionId(moving?: string): string {

    return newStoredId(moving);

  }

  isSessionId(id: string): boolean {

    return isStoredId(id);

  }

  async load(id: string): Promise<LiveSession | RetiredSession | null> {

    const { handle, hash } = storedId(id);
    const row = this.#row(await this.#table.read(handle));
    return row && sessionIn(row, hash);

  }

  async create(id: string, texts: SessionTexts, lifetime: number): Promise<boolean> {

    return this.#isDone(await this.#table.create(storedId(id), toJson(texts), milliseconds(lifetime)));

  }

  async update(
    id: string, change: SessionChange, lifetime: number, version?: string | number, patience?: number,
  ): Promise<'updated' | 'ended' | 'gone' | 'conflict'> {

    const stored = storedId(id);
    const expected = version === undefined ? null : knownVersion(version);
    const answer = await this.#change(
      stored, patience,
      deadline => this.#table.update(stored, change, milliseconds(lifetime), deadline, expected),
      row => (expected === null || expected === row.version ? null : 'conflict' as const),
    );
    return answer === 'done' ? 'updated' : answer;

  }

  async touch(id: string, lifetime: number): Promise<boolean> {

    return this.#isDone(await this.#table.touch(storedId(id), milliseconds(lifetime)));

  }

  /** @throws {TypeError} if `newId` was not made by `newSessionId(id)` */
  async move(
    id: string, newId: string, change: SessionChange, lifetime: number, patience?: number,
  ): Promise<'moved' | 'ended' | 'gone'> {

    const { from, to } = movedId(id, newId);
    const answer = await this.#change<never>(
      from, patience,
      deadline => this.#table.move(from, change, milliseconds(lifetime), deadline, to.hash),
      ({ former, now }) => {
        if (isFormer(former, to.hash, now)) throw new Error('The new id of the session is in use');
        return null;
      },
    );
    return answer === 'done' ? 'moved' : answer;

  }

  async end(id: string): Promise<boolean> {

    return this.#isDone(await this.#table.end(storedId(id)));

  }

  /** Removes what has expired, in small steps; where another process does so already, nothing. */
  gc(): Promise<void> {

    return this.#sweeper.gc();

  }

  /**
   * Calls `gc()` every `interval` seconds from now on, unless another process
   * has done so meanwhile. The constructor does, too.
   *
   * @throws {TypeError} if the interval is not a number above 0
   */
  scheduleGc(interval = 600): void {

    this.#sweeper.schedule(interval);

  }

  /** Cancels the scheduled clean-up. The connections are the application's. */
  close(): void {

    this.#sweeper.close();

  }

  /**
   * Tries a change until its caller gives up: what was refused although he waits
   * came too late by a clock that has been set since.
   *
   * @param otherwise why a live session was not changed, if it was not too late
   */
  async #change<Reason>(
    { handle, hash }: StoredId, patience = Infinity, attempt: (deadline: number) => PromiseLike<Executed>,
    otherwise: (row: SqlRow) => Reason | null,
  ): Promise<'done' | 'ended' | 'gone' | Reason> {

    const givesUpAt = performance.now() + patience * 1000;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const executed = await attempt(this.#clock.deadline((givesUpAt - performance.now()) / 1000));
      if (this.#isDone(executed)) return executed < 0 ? 'ended' : 'done';
      const row = this.#row(await this.#table.read(handle));
      if (!row || !isLive(row, hash)) return 'gone';
      const reason = otherwise(row);
      if (reason !== null) return reason;
      if (performance.now() >= givesUpAt) break;
    }
    throw new Error('The change came to the server after its caller had given up: it was not made');

  }

  #row(text: string | undefined): SqlRow | null {

    const row = text === undefined ? null : readRow(text);
    if (row) this.#clock.observe(row.now);
    return row;

  }

  #isDone(executed: Executed): boolean {

    if (executed !== 0) this.#clock.observe(Math.abs(executed));
    return executed !== 0;

  }

}

/** A version as the table has it; one that it never has for something else. */
function knownVersion(version: string | number): number {

  return Number.isSafeInteger(Number(version)) ? Number(version) : -1;

}

function milliseconds(seconds: number): number {

  return Math.ceil(Math.max(-LONGEST, Math.min(seconds * 1000, LONGEST)));

}
