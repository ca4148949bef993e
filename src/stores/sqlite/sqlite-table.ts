import { andThen } from '../../base/awaitable.js';
import type { Awaitable, EndTerms, FoundSession, Patience, SessionState, StoredInfo } from '../../base/store.js';
import { REMEMBERED } from '../shared/mark-lifetimes.js';
import { EMPTY } from '../shared/packed-texts.js';
import { LEASE, SWEEPER, type SweptRow } from '../shared/sweeper.js';
import type { StoreTable } from '../shared/table-store.js';
import { SETUP } from './busy-queue.js';
import { checkTable, checkTrial, TRIAL, TRIAL_ROW } from './sqlite-check.js';
import { type Columns, SqliteConnection } from './sqlite-connection.js';
import type { SqliteDatabase } from './sqlite-driver.js';
import { ELSEWHERE, type FoundRow, foundRow, liveInfo, liveSession, LoadedTexts, noRow, retired, type Row, sessionIn, stateOf, type UserRow, userRow } from './sqlite-row.js';
import { INDEX, STATEMENTS, TABLE, WAL } from './sqlite-statements.js';

/** The last moment that every driver can read. */
const LATEST = Number.MAX_SAFE_INTEGER;

/** The number of rows that are changed or removed at a time: until then, the database is locked and the event loop held. */
export const BATCH = 25;

/** The table of sessions. */
export class SqliteTable implements StoreTable {

  readonly batch = BATCH;

  readonly #connection: SqliteConnection;
  readonly #name: string;
  readonly #sql: ReturnType<typeof STATEMENTS>;
  #isChecked = false;
  #isTried = false;

  constructor(database: SqliteDatabase, name: string) {
    this.#connection = new SqliteConnection(database);
    this.#name = name;
    this.#sql = STATEMENTS(name);
  }

  async setup(): Promise<void> {

    // First: another program's table, and its database, must stay as they are.
    await this.#connection.read(() => checkTable(this.#connection, this.#name), SETUP);
    for (const sql of [WAL, TABLE(this.#name), INDEX(this.#name)]) await this.#connection.setUp(sql, SETUP);
    this.#isTried = false;
    await this.step(() => {}, SETUP);

  }

  /** Returns what a row has for a request with the id of this hash. */
  load(handle: string, hash: string): Awaitable<FoundSession | null> {

    return this.read(() => {
      const found = this.#connection.first(this.#sql.load, handle);
      if (!found) return null;
      const left = Number(found[1]);
      if (found[0] === hash && left > 0) {
        return liveSession(new LoadedTexts({ idHash: hash, version: Number(found[2]), data: String(found[3]) }, this), left, String(found[4]));
      }
      const row = this.find(handle);
      return row && sessionIn(row, hash, this);
    });

  }

  /** Returns the info of the live session under a handle; null if there is none. */
  infoOf(handle: string): Awaitable<StoredInfo | null> {
    return this.read(() => liveInfo(this.find(handle)));
  }

  /**
   * Changes the row under a handle in one step: no other process changes it until
   * all that `decide` does is stored, or nothing of it.
   *
   * @param decide receives a row whose time is over if there is none
   * @param waits how long it is tried
   */
  change<T>(handle: string, decide: (row: FoundRow) => T, waits?: Patience): Awaitable<T> {
    return this.step(() => decide(this.row(handle)), waits);
  }

  /** The same for the rows under some handles, a few of them in each step. */
  async changeEach(handles: readonly string[], decide: (handle: string, row: FoundRow) => void): Promise<void> {

    for (let start = 0; start < handles.length; start += BATCH) {
      await this.step(() => this.each(handles.slice(start, start + BATCH), decide));
      // Requests go first.
      await new Promise(resolve => setImmediate(resolve));
    }

  }

  /** Only within a change. */
  each(handles: readonly string[], decide: (handle: string, row: FoundRow) => void): void {
    for (const handle of handles) decide(handle, this.row(handle));
  }

  /** One whose time is over if there is none; only within a change. */
  row(handle: string): FoundRow {
    return this.find(handle) ?? noRow(this.#connection.first(this.#sql.now) as Columns);
  }

  /** Only within a change. */
  write(handle: string, { idHash, former, userId, info, endsAt, data }: Row, now: number): void {
    this.#connection.run(this.#sql.write, handle, idHash, former, userId, info, now, Math.min(endsAt, LATEST), data);
  }

  /**
   * Writes other values if the session lives and is still as it was loaded; only within a change.
   * The version alone does not tell: a row that an application deletes and sets again may get the same.
   *
   * @param lifetime in milliseconds
   */
  rewrite(handle: string, { idHash, version, packed }: LoadedTexts, data: string, lifetime: number): boolean {
    return this.#connection.run(this.#sql.rewrite, Math.min(lifetime, LATEST), data, handle, idHash, version, packed) === 1;
  }

  /** Writes other values; only within a change. */
  update(handle: string, data: string, endsAt: number, now: number): void {
    this.#connection.run(this.#sql.update, now, Math.min(endsAt, LATEST), data, handle);
  }

  /** Writes the user of a session; only within a change. */
  enter(handle: string, userId: string): void {
    this.#connection.run(this.#sql.enter, userId, handle);
  }

  /** Only within a change. */
  touch(handle: string, endsAt: number, now: number): void {
    this.#connection.run(this.#sql.touch, now, Math.min(endsAt, LATEST), handle);
  }

  /** Leaves the mark of a session; only within a change. */
  end(handle: string, row: FoundRow, { moved, reason }: EndTerms): void {
    const { now } = row;
    const [idHash, data] = moved ? [ELSEWHERE, EMPTY] : ['', reason ?? EMPTY];
    this.write(handle, { idHash, former: retired(row), userId: '', info: '', endsAt: now + REMEMBERED, data }, now);
  }

  /** Only within a change. */
  delete(handle: string): void {
    this.#connection.run(this.#sql.delete, handle);
  }

  /** The latest time in two rows of revocations that is not after `until`; null if there is none. Only within a change. */
  lastRevoked(handle: string, other: string, until: number): number | null {
    const [time] = this.#connection.first(this.#sql.revoked, handle, other, until) as Columns;
    return time === null ? null : Number(time);
  }

  /** The handles of the next live sessions after a handle. */
  live(after: string, limit: number): Awaitable<string[]> {
    return andThen(this.list('live', after, limit), rows => rows.map(([handle]) => String(handle)));
  }

  /** The rows that a statement finds. */
  list(statement: keyof ReturnType<typeof STATEMENTS>, ...parameters: Array<string | number>): Awaitable<Columns[]> {
    return this.read(() => this.#connection.all(this.#sql[statement], ...parameters));
  }

  /** Asks the database for anything. */
  ask(): Awaitable<void> {
    return this.#connection.read(() => void this.#connection.first(this.#sql.now));
  }

  /** The handles of a user's live sessions; only within a change. */
  handlesOf(userId: string): string[] {
    return this.#connection.all(this.#sql.handlesOf, userId).map(([handle]) => String(handle));
  }

  /** What has become of the sessions that have these handles. */
  statesOf(handles: readonly string[]): Awaitable<Map<string, SessionState | null>> {
    return this.read(() => new Map(this.#connection.all(this.#sql.states, JSON.stringify(handles)).map(stateOf)));
  }

  /** A user's live sessions. */
  rowsOf(userId: string): Awaitable<UserRow[]> {
    return andThen(this.list('rowsOf', userId), rows => rows.map(userRow));
  }

  begin(pause: number): Awaitable<boolean> {
    return this.change(SWEEPER, ({ now, endsAt, version }) => {
      // A time in the future was written before the clock was set back.
      const isDue = (endsAt <= now || endsAt > now + LEASE) && (version <= now - pause || version > now);
      if (isDue) this.write(SWEEPER, { idHash: '', former: '', userId: '', info: '', endsAt: now + LEASE, data: EMPTY }, now);
      return isDue;
    });
  }

  page(after: string, limit: number): Awaitable<SweptRow[]> {
    return this.step(() => {
      this.#connection.run(this.#sql.keep);
      return this.#connection.all(this.#sql.page, after, limit).map(([handle, dead]) => ({ handle: String(handle), dead: Number(dead) === 1 }));
    });
  }

  remove(handles: readonly string[]): Awaitable<void> {
    return this.step(() => void this.#connection.run(this.#sql.remove, JSON.stringify(handles)));
  }

  done(): Awaitable<void> {
    return this.step(() => void this.#connection.run(this.#sql.done));
  }

  /** Runs a task that reads. */
  read<T>(task: () => T): Awaitable<T> {

    return this.#connection.read(() => {
      this.#check();
      return task();
    });

  }

  /** Makes a change of several calls, as `change` does. */
  step<T>(task: () => T, waits?: Patience): Awaitable<T> {

    return this.#connection.write(() => {
      this.#tryOut();
      return task();
    }, waits);

  }

  /** Before the first use: with a handle that answers in another form, every visitor would be anonymous, without an error. */
  #check(): void {

    if (this.#isChecked) return;
    this.#isChecked = checkTable(this.#connection, this.#name);

  }

  /** Before the first change, within its transaction. */
  #tryOut(): void {

    if (this.#isTried) return;
    this.#check();
    this.write(TRIAL, TRIAL_ROW, 0);
    checkTrial(this.find(TRIAL));
    this.delete(TRIAL);
    this.#isTried = true;

  }

  /** Only within a task. */
  find(handle: string): FoundRow | null {

    const columns = this.#connection.first(this.#sql.find, handle);
    return columns && foundRow(columns);

  }

}
