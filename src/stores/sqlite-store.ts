import { andThen } from '../base/awaitable.js';
import { wrong } from '../base/option-checks.js';
import { fromTexts, toTexts } from '../values/session-values.js';
import type {
  AtomicSessionStore, Awaitable, CreateTerms, EndTerms, FoundSession, MoveTerms, StoredInfo, SessionChange, SessionTexts,
  SessionValues, StoredUserSession, UpdateTerms, WhichSessions,
} from '../base/store.js';
import { infoText } from './shared/info.js';
import { isFormer } from './shared/former-ids.js';
import { isPackedTooLarge, pack, repack } from './shared/packed-texts.js';
import type { SqliteDatabase, SqliteStatement } from './sqlite/sqlite-driver.js';
import { ELSEWHERE, isDead, isKnown, isLive, retired } from './sqlite/sqlite-row.js';
import { SqliteTable } from './sqlite/sqlite-table.js';
import { SqliteUsers } from './sqlite/sqlite-users.js';
import { handleOf, isStoredId, movedId, newStoredId, storedId } from '../id/stored-id.js';
import { checkNames } from './shared/store-options.js';
import { Sweeper } from './shared/sweeper.js';
import { requestBegan } from './shared/request-age.js';
import { unreadable } from './shared/unreadable.js';
import { userHash } from './shared/user-hash.js';

export type { SqliteDatabase, SqliteStatement };

/** Options of {@link SqliteStore}. */
export interface SqliteStoreOptions {

  /**
   * An open handle, which the store does not close: a `DatabaseSync` of
   * `node:sqlite`, or a `Database` of `better-sqlite3` or `libsql`. Let it be the
   * store's own: while it is in a transaction of the application's, sessions are
   * neither read nor changed. It must answer at once, and its database be in UTF-8.
   */
  database: SqliteDatabase;

  /** The name of the table; `sessions` by default. Two applications need two, or they take each other's sessions. */
  table?: string;

}

/**
 * Keeps sessions in a SQLite database (3.38 or newer), for the processes of one
 * machine. It answers at once, and not with a promise, unless the database is
 * locked by another process at that moment.
 */
export class SqliteStore implements AtomicSessionStore {

  readonly atomic = true;
  readonly keepsInfo = true;

  readonly #table: SqliteTable;
  readonly #users: SqliteUsers;
  readonly #sweeper: Sweeper;

  /** @throws {TypeError} for a wrong option */
  constructor(options: SqliteStoreOptions) {

    checkNames(options, 'database', 'table');
    const { database, table = 'sessions' } = options;
    if (typeof database?.exec !== 'function' || typeof database.prepare !== 'function') {
      throw wrong('database', database, 'must be an open handle of node:sqlite, better-sqlite3 or libsql');
    }
    if (typeof table !== 'string' || !/^[a-z_]\w{0,62}$/i.test(table)) {
      throw wrong('table', table, 'must be a name of up to 63 letters, digits and _');
    }
    this.#table = new SqliteTable(database, table);
    this.#users = new SqliteUsers(this.#table);
    this.#sweeper = new Sweeper(this.#table);
    this.scheduleGc();

  }

  /**
   * Creates the table and its index where they are missing, and lets the
   * database write in WAL mode. Several processes may do so at once. It tries a
   * record out, which leaves no trace.
   *
   * @throws {TypeError} if the database can't keep sessions exactly, or has
   *   another table of this name, which stays as it is
   */
  setup(): Promise<void> {

    return this.#table.setup();

  }

  get(id: string): Awaitable<SessionValues | null> {

    return andThen(this.load(id), found => {
      try {
        return found?.status === 'live' ? fromTexts(found.texts) : null;
      } catch (cause) {
        throw unreadable(cause);
      }
    });

  }

  /**
   * @throws {SessionValueError} for values that can't be stored
   * @throws {Error} where the session has another id by now
   */
  set(id: string, values: SessionValues, expire: number): Awaitable<void> {

    const { handle, hash } = storedId(id);
    const data = pack(toTexts(values));
    const lifetime = expire - Date.now() / 1000;
    return this.#table.change(handle, row => {
      const { idHash, now } = row;
      const isOver = isDead(row) || idHash === '' || idHash === ELSEWHERE;
      if (!isOver && idHash !== hash) throw new Error('The session has another id by now: this one can\'t be set');
      const { former, userId, info } = isOver ? NEW : row;
      this.#table.write(handle, { idHash: hash, former, userId, info, endsAt: later(now, lifetime), data }, now);
    });

  }

  delete(id: string): Awaitable<void> {

    const { handle, hash } = storedId(id);
    return this.#table.change(handle, row => {
      if (row.idHash === hash) this.#table.delete(handle);
    });

  }

  newSessionId(moving?: string): string {

    return newStoredId(moving);

  }

  isSessionId(id: string): boolean {

    return isStoredId(id);

  }

  handleOf(id: string): string {

    return handleOf(id);

  }

  load(id: string): Awaitable<FoundSession | null> {

    const { handle, hash } = storedId(id);
    return this.#table.load(handle, hash);

  }

  create(id: string, texts: SessionTexts, { lifetime, newInfo, ...waits }: CreateTerms): Awaitable<boolean | 'revoked'> {

    const { handle, hash } = storedId(id);
    const data = pack(texts);
    const began = requestBegan(newInfo);
    return this.#table.change(handle, row => {
      const { now } = row;
      if (!isDead(row)) return false;
      if (this.#users.refuses(newInfo?.info, began)) return 'revoked';
      this.#table.write(handle, { ...NEW, ...columns(newInfo?.info), idHash: hash, endsAt: later(now, lifetime), data }, now);
      return true;
    }, waits);

  }

  update(
    id: string, change: SessionChange, { lifetime, version, user, maxBytes, ...waits }: UpdateTerms,
  ): Awaitable<'updated' | 'gone' | 'conflict' | 'too-large'> {

    const { handle, hash } = storedId(id);
    return this.#table.change(handle, row => {
      if (!isLive(row, hash)) return 'gone';
      if (version !== undefined && version !== row.version) return 'conflict';
      const data = repack(row.data, change);
      if (isPackedTooLarge(row.data, data, maxBytes)) return 'too-large';
      this.#table.update(handle, data, Math.max(row.endsAt, later(row.now, lifetime)), row.now);
      this.#users.heal(handle, row, user);
      return 'updated';
    }, waits);

  }

  touch(id: string, lifetime: number, user?: string): Awaitable<boolean> {

    const { handle, hash } = storedId(id);
    return this.#table.change(handle, row => {
      if (!isLive(row, hash)) return false;
      this.#table.touch(handle, Math.max(row.endsAt, later(row.now, lifetime)), row.now);
      this.#users.heal(handle, row, user);
      return true;
    });

  }

  /** @throws {TypeError} if `newId` was not made by `newSessionId(id)` */
  move(
    id: string, newId: string, change: SessionChange, { lifetime, newInfo, version, maxBytes, ...waits }: MoveTerms,
  ): Awaitable<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'> {

    const { from: { handle, hash }, to } = movedId(id, newId);
    const began = requestBegan(newInfo);
    return this.#table.change(handle, row => {
      if (!isLive(row, hash)) return 'gone';
      if (version !== undefined && version !== row.version) return 'conflict';
      const { now } = row;
      const data = repack(row.data, change);
      if (isPackedTooLarge(row.data, data, maxBytes)) return 'too-large';
      if (isFormer(row.former, to.hash, now)) throw new Error('The new id of the session is in use');
      if (this.#users.refuses(newInfo?.info, began)) {
        this.#table.end(handle, row);
        return 'revoked';
      }
      const { userId, info } = newInfo ? columns(newInfo.info) : row;
      this.#table.write(handle, { idHash: to.hash, former: retired(row), userId, info, endsAt: later(now, lifetime), data }, now);
      return 'moved';
    }, waits);

  }

  end(id: string, { moved = false }: EndTerms = {}): Awaitable<boolean> {

    const { handle, hash } = storedId(id);
    return this.#table.change(handle, row => {
      if (!isKnown(row, hash)) return false;
      this.#table.end(handle, row, moved);
      return true;
    });

  }

  sessionsOf(user: string): Awaitable<StoredUserSession[]> {

    return this.#users.sessionsOf(user);

  }

  infoByHandle(handle: string): Awaitable<StoredInfo | null> {

    return this.#table.infoOf(handle);

  }

  endSessionsOf(user: string, which?: WhichSessions): Awaitable<string[]> {

    return this.#users.endSessionsOf(user, which);

  }

  /** Ends them in small steps, between which requests are answered. */
  endAllSessions(): Promise<void> {

    return this.#users.endAllSessions();

  }

  /** Removes what has expired, in small steps; where another process does so already, nothing. */
  gc(): Promise<void> {

    return this.#sweeper.gc();

  }

  /**
   * Calls `gc()` every `interval` seconds from now on, in one of the processes
   * that do. The constructor does, too.
   *
   * @throws {TypeError} if the interval is not a number above 0
   */
  scheduleGc(interval = 600): void {

    this.#sweeper.schedule(interval);

  }

  /** Cancels the scheduled clean-up; the handle stays open. */
  close(): void {

    this.#sweeper.close();

  }

}

/** What a session begins with. */
const NEW = { former: '', userId: '', info: '' };

function columns(info: StoredInfo | undefined): { userId: string; info: string } {

  if (!info) return NEW;
  return { userId: info.user === null ? '' : userHash(info.user), info: infoText(info) };

}

function later(now: number, lifetime: number): number {

  return now + Math.ceil(lifetime * 1000);

}
