import { fromTexts, toTexts } from '../../values/session-values.js';
import type {
  AtomicSessionStore, CreateTerms, FoundSession, MoveTerms, SessionAbout, SessionChange, SessionTexts,
  SessionValues, StoredUserSession, UpdateTerms, WhichSessions,
} from '../../store.js';
import { isFormer } from './former-ids.js';
import { toJson } from './json-texts.js';
import { ServerClock } from './server-clock.js';
import { toStored, UNKNOWN, userHash } from './sql-about.js';
import { aboutIn, hasPassed, isLive, knownVersion, readRow, type SqlRow, sessionIn } from './sql-row.js';
import type { Executed, SqlTable } from './sql-table.js';
import { SqlUsers } from './sql-users.js';
import { isStoredId, movedId, newStoredId, type StoredId, storedId } from './stored-id.js';
import { Sweeper } from './sweeper.js';
import { requestBegan } from './under-way.js';
import { unreadable } from './unreadable.js';

/** The longest life that a session can be given, in milliseconds: 3,000 years. */
const LONGEST = 1e14;

/** So often a change is tried that is refused for no reason to be seen. */
const MOST_TRIES = 10;

/** Keeps sessions in a table of a database server. */
export abstract class SqlStore implements AtomicSessionStore {

  readonly atomic = true;
  readonly keepsAbout = true;

  readonly #table: SqlTable;
  readonly #users: SqlUsers;
  readonly #clock = new ServerClock();
  readonly #sweeper: Sweeper;

  constructor(table: SqlTable) {

    this.#table = table;
    this.#users = new SqlUsers(table, this.#clock);
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
    } catch (cause) {
      throw unreadable(cause);
    }

  }

  /**
   * @throws {SessionValueError} for values that can't be stored
   * @throws {Error} where the session has another id by now
   */
  async set(id: string, values: SessionValues, expire: number): Promise<void> {

    const data = toJson(toTexts(values));
    const lifetime = milliseconds(expire - Date.now() / 1000);
    if (!await this.#isDone(() => this.#table.put(storedId(id), data, lifetime))) {
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

  handleOf(id: string): string {

    return storedId(id).handle;

  }

  async load(id: string): Promise<FoundSession | null> {

    const { handle, hash } = storedId(id);
    const row = await this.#read(handle);
    return row && sessionIn(row, hash);

  }

  async create(id: string, texts: SessionTexts, { lifetime, becoming }: CreateTerms): Promise<boolean | 'revoked'> {

    const began = requestBegan(becoming);
    const stored = storedId(id);
    const about = becoming ? toStored(becoming.about) : UNKNOWN;
    if (!await this.#isDone(() => this.#table.create(stored, toJson(texts), milliseconds(lifetime), about))) return false;
    return await this.#users.refuse(stored, becoming?.about, began) ? 'revoked' : true;

  }

  async update(
    id: string, change: SessionChange, { lifetime, version, patience, user }: UpdateTerms,
  ): Promise<'updated' | 'gone' | 'conflict'> {

    const stored = storedId(id);
    const expected = knownVersion(version);
    const whose = user === undefined ? null : userHash(user);
    const answer = await this.#change(
      stored, patience,
      deadline => this.#table.update(stored, change, milliseconds(lifetime), deadline, expected, whose),
      row => hasPassed(expected, row),
    );
    return answer === 'done' || answer === 'ended' ? 'updated' : answer;

  }

  async touch(id: string, lifetime: number, user?: string): Promise<boolean> {

    const whose = user === undefined ? null : userHash(user);
    return this.#isDone(() => this.#table.touch(storedId(id), milliseconds(lifetime), whose));

  }

  /** @throws {TypeError} if `newId` was not made by `newSessionId(id)` */
  async move(
    id: string, newId: string, change: SessionChange, { lifetime, patience, becoming, version }: MoveTerms,
  ): Promise<'moved' | 'gone' | 'conflict' | 'revoked'> {

    const began = requestBegan(becoming);
    const { from, to } = movedId(id, newId);
    const about = becoming ? toStored(becoming.about) : null;
    const expected = knownVersion(version);
    const answer = await this.#change(
      from, patience,
      deadline => this.#table.move(from, change, milliseconds(lifetime), deadline, expected, to.hash, about),
      row => {
        if (isFormer(row.former, to.hash, row.now)) throw new Error('The new id of the session is in use');
        return hasPassed(expected, row);
      },
    );
    if (answer !== 'done' && answer !== 'ended') return answer;
    return await this.#users.refuse(to, becoming?.about, began) ? 'revoked' : 'moved';

  }

  async end(id: string): Promise<boolean> {

    return this.#isDone(() => this.#table.end(storedId(id)));

  }

  sessionsOf(user: string): Promise<StoredUserSession[]> {

    return this.#users.list(user);

  }

  async aboutByHandle(handle: string): Promise<SessionAbout | null> {

    const row = await this.#read(handle);
    return row && aboutIn(row);

  }

  endSessionsOf(user: string, which?: WhichSessions): Promise<readonly string[]> {

    return this.#users.end(user, which);

  }

  /** In small steps, since all of the table changes. */
  endAllSessions(): Promise<void> {

    return this.#users.endAll();

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
      const executed = await this.#execute(() => attempt(this.#clock.deadline((givesUpAt - performance.now()) / 1000)));
      if (executed !== 0) return executed < 0 ? 'ended' : 'done';
      const row = await this.#read(handle);
      if (!row || !isLive(row, hash)) return 'gone';
      const reason = otherwise(row);
      if (reason !== null) return reason;
      if (performance.now() >= givesUpAt) break;
    }
    throw new Error('The change came to the server after its caller had given up: it was not made');

  }

  async #read(handle: string): Promise<SqlRow | null> {

    const askedAt = performance.now();
    const text = await this.#table.read(handle);
    if (text === undefined) return null;
    const row = readRow(text);
    this.#clock.observe(row.now, askedAt);
    return row;

  }

  async #execute(statement: () => PromiseLike<Executed>): Promise<Executed> {

    const askedAt = performance.now();
    const executed = await statement();
    if (executed !== 0) this.#clock.observe(Math.abs(executed), askedAt);
    return executed;

  }

  async #isDone(statement: () => PromiseLike<Executed>): Promise<boolean> {

    return await this.#execute(statement) !== 0;

  }

}

function milliseconds(seconds: number): number {

  return Math.ceil(Math.max(-LONGEST, Math.min(seconds * 1000, LONGEST)));

}
