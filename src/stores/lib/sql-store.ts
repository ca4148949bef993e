import { merge } from '../../session-change.js';
import { fromTexts, toTexts } from '../../values/session-values.js';
import { isTooLarge } from '../../values/texts-size.js';
import type {
  AtomicSessionStore, CreateTerms, EndTerms, FoundSession, MoveTerms, SessionAbout, SessionChange, SessionTexts,
  SessionValues, StoredUserSession, UpdateTerms, WhichSessions,
} from '../../store.js';
import { isFormer } from './former-ids.js';
import { toJson } from './json-texts.js';
import { ServerClock } from './server-clock.js';
import { toStored, UNKNOWN, userHash } from './sql-about.js';
import {
  aboutIn, ENDED, ENDED_AS_MOVED, hasPassed, isLive, knownVersion, lengthOf, readRow, type SqlRow, sessionIn, textsOf, tooLong,
} from './sql-row.js';
import type { Executed, RowTerms, SqlTable } from './sql-table.js';
import { SqlUsers } from './sql-users.js';
import { isStoredId, movedId, newStoredId, type StoredId, storedId } from './stored-id.js';
import { Sweeper } from './sweeper.js';
import { requestBegan } from './under-way.js';
import { unreadable } from './unreadable.js';

/** The longest life that a session can be given, in milliseconds: 3,000 years. */
const LONGEST = 1e14;

/** How often a change is tried that others are in the way of, or a clock. */
const MOST_TRIES = 100;

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

    const data = await this.#checked(toJson(toTexts(values)));
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
    return row && sessionIn(row, hash, this.#table.limit);

  }

  async create(id: string, texts: SessionTexts, { lifetime, patience, becoming }: CreateTerms): Promise<boolean | 'revoked'> {

    const began = requestBegan(becoming);
    const stored = storedId(id);
    const about = becoming ? toStored(becoming.about) : UNKNOWN;
    const data = await this.#checked(toJson(texts));
    const givesUpAt = performance.now() + (patience ?? Infinity) * 1000;
    const answer = await this.#tries(
      patience,
      deadline => this.#table.create(stored, data, about, { lifetime: milliseconds(lifetime), deadline }),
      async () => {
        const row = await this.#read(stored.handle);
        return row && row.endsAt > row.now ? 'taken' : null;
      },
    );
    if (answer === 'taken') return false;
    if (performance.now() > givesUpAt) {
      // MySQL does not look at the time again after a wait for a lock.
      await this.#table.delete(stored);
      throw late();
    }
    return await this.#users.refuse(stored, becoming?.about, began) ? 'revoked' : true;

  }

  async update(
    id: string, change: SessionChange, { lifetime, version, patience, user, maxBytes }: UpdateTerms,
  ): Promise<'updated' | 'gone' | 'conflict' | 'too-large'> {

    const stored = storedId(id);
    const whose = user === undefined ? null : userHash(user);
    const answer = await this.#change(stored, change, { lifetime, patience, maxBytes, version }, terms => (
      this.#table.update(stored, change, { ...terms, user: whose })));
    return answer === 'done' ? 'updated' : answer;

  }

  async touch(id: string, lifetime: number, user?: string): Promise<boolean> {

    const whose = user === undefined ? null : userHash(user);
    return this.#isDone(() => this.#table.touch(storedId(id), milliseconds(lifetime), whose));

  }

  /** @throws {TypeError} if `newId` was not made by `newSessionId(id)` */
  async move(
    id: string, newId: string, change: SessionChange, { lifetime, patience, becoming, version, maxBytes }: MoveTerms,
  ): Promise<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'> {

    const began = requestBegan(becoming);
    const { from, to } = movedId(id, newId);
    const about = becoming ? toStored(becoming.about) : null;
    const answer = await this.#change(from, change, { lifetime, patience, maxBytes, version }, terms => (
      this.#table.move(from, to.hash, change, { ...terms, about })), row => {
      if (isFormer(row.former, to.hash, row.now)) throw new Error('The new id of the session is in use');
    });
    if (answer !== 'done') return answer;
    return await this.#users.refuse(to, becoming?.about, began) ? 'revoked' : 'moved';

  }

  async end(id: string, { moved = false }: EndTerms = {}): Promise<boolean> {

    return this.#isDone(() => this.#table.end(storedId(id), moved ? ENDED_AS_MOVED : ENDED));

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
   * Changes the row of a live session.
   *
   * A statement knows the length of a row, and refuses what could be too large by
   * that. Then the bytes of the texts are counted here, and if they are not too
   * many, the same version of the row is changed.
   *
   * @param check throws where the row can't be changed so
   */
  async #change(
    { handle, hash }: StoredId, change: SessionChange, { lifetime, patience, maxBytes = Infinity, version }: UpdateTerms,
    attempt: (terms: RowTerms) => PromiseLike<Executed>, check?: (row: SqlRow) => void,
  ): Promise<'done' | 'gone' | 'conflict' | 'too-large'> {

    const expected = knownVersion(version);
    const trial = this.#table.trial();
    if (trial) await trial;
    let counted: number | null = null;
    return this.#tries(
      patience,
      deadline => {
        // Half, since a merge adds spaces to what was never merged before.
        const most = counted === null ? Math.min(maxBytes, this.#table.most / 2) : Infinity;
        return attempt({
          lifetime: milliseconds(lifetime), deadline, version: counted ?? expected, most: Math.min(Math.floor(most), Number.MAX_SAFE_INTEGER),
        });
      },
      async () => {
        const row = await this.#read(handle);
        if (!row || !isLive(row, hash)) return 'gone';
        if (hasPassed(expected, row)) return 'conflict';
        check?.(row);
        const before = textsOf(row);
        const merged = merge(before, change);
        if (isTooLarge(before, merged, maxBytes)) return 'too-large';
        if (lengthOf(merged) > this.#table.most) throw tooLong(this.#table.limit);
        counted = row.version;
        return null;
      },
    );

  }

  /**
   * Tries something until its caller gives up: what was refused although the
   * caller waits came too late by a clock that has been set since.
   *
   * @param otherwise why nothing was changed, if it was not too late
   */
  async #tries<Reason>(
    patience = Infinity, attempt: (deadline: number) => PromiseLike<Executed>, otherwise: () => Promise<Reason | null>,
  ): Promise<'done' | Reason> {

    const givesUpAt = performance.now() + patience * 1000;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const deadline = this.#clock.deadline((givesUpAt - performance.now()) / 1000);
      if (await this.#isDone(() => attempt(deadline))) return 'done';
      const reason = await otherwise();
      if (reason !== null) return reason;
      if (performance.now() >= givesUpAt) break;
    }
    throw late();

  }

  /** @throws {Error} where a row would be so long that it could not be read again */
  async #checked(data: string): Promise<string> {

    const trial = this.#table.trial();
    if (trial) await trial;
    if (data.length > this.#table.most) throw tooLong(this.#table.limit);
    return data;

  }

  async #read(handle: string): Promise<SqlRow | null> {

    const askedAt = performance.now();
    const text = await this.#table.read(handle);
    if (text === undefined) return null;
    const row = text === null ? await this.#readWithoutData(handle) : readRow(text);
    if (row === null) return null;
    this.#clock.observe(row.now, askedAt);
    return row;

  }

  async #readWithoutData(handle: string): Promise<SqlRow | null> {

    const text = await this.#table.readWithoutData(handle);
    return text === undefined ? null : { ...readRow(text), data: '' };

  }

  async #isDone(statement: () => PromiseLike<Executed>): Promise<boolean> {

    const askedAt = performance.now();
    const executed = await statement();
    if (executed !== 0) this.#clock.observe(executed, askedAt);
    return executed !== 0;

  }

}

function late(): Error {

  return new Error('The change came to the server after its caller had given up: it was not made');

}

function milliseconds(seconds: number): number {

  return Math.ceil(Math.max(-LONGEST, Math.min(seconds * 1000, LONGEST)));

}
