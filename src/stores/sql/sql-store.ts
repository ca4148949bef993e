import { fromTexts, toTexts } from '../../values/session-values.js';
import type {
  AtomicSessionStore, CreateTerms, EndTerms, FoundSession, MoveTerms, StoredInfo, SessionChange, SessionTexts,
  SessionValues, StoredUserSession, UpdateTerms, WhichSessions,
} from '../../base/store.js';
import { countdown } from '../../base/countdown.js';
import { isFormer } from '../shared/former-ids.js';
import { toJson } from './json-texts.js';
import { ServerClock } from '../shared/server-clock.js';
import { toStored, UNKNOWN } from './sql-info.js';
import { infoIn, ENDED, ENDED_AS_MOVED, sessionIn } from './sql-row.js';
import { milliseconds, MOST_SETTINGS, SqlRows } from './sql-rows.js';
import type { SqlTable } from './sql-table.js';
import { SqlUsers } from './sql-users.js';
import { isStoredId, movedId, newStoredId, storedId } from '../../id/stored-id.js';
import { Sweeper } from '../shared/sweeper.js';
import { requestBegan } from '../shared/request-age.js';
import { unreadable } from '../shared/unreadable.js';
import { asciiUserHash as userHash } from '../shared/user-hash.js';

/** Keeps sessions in a table of a database server. */
export abstract class SqlStore implements AtomicSessionStore {

  readonly atomic = true;
  readonly keepsInfo = true;

  readonly #table: SqlTable;
  readonly #rows: SqlRows;
  readonly #users: SqlUsers;
  readonly #sweeper: Sweeper;

  constructor(table: SqlTable) {

    this.#table = table;
    const clock = new ServerClock();
    this.#rows = new SqlRows(table, clock);
    this.#users = new SqlUsers(table, clock);
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

    const data = await this.#rows.checked(toJson(toTexts(values)));
    const lifetime = milliseconds(expire - Date.now() / 1000);
    if (!await this.#rows.isDone(() => this.#table.put(storedId(id), data, lifetime))) {
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
    const row = await this.#rows.read(handle);
    return row && sessionIn(row, hash, this.#table.limit);

  }

  async create(id: string, texts: SessionTexts, { lifetime, newInfo, ...waits }: CreateTerms): Promise<boolean | 'revoked'> {

    const left = countdown(waits);
    const began = requestBegan(newInfo);
    const stored = storedId(id);
    const info = newInfo ? toStored(newInfo.info) : UNKNOWN;
    const data = await this.#rows.checked(toJson(texts));
    const answer = await this.#rows.tries(
      left,
      deadline => this.#table.create(stored, data, info, { lifetime: milliseconds(lifetime), deadline }),
      async () => {
        const row = await this.#rows.read(stored.handle);
        if (!row) await this.#rows.learnTime();
        return row && row.endsAt > row.now ? 'taken' : null;
      },
      MOST_SETTINGS,
    );
    if (answer === 'taken') return false;
    return await this.#users.refuse(stored, newInfo?.info, began) ? 'revoked' : true;

  }

  async update(
    id: string, change: SessionChange, { user, ...terms }: UpdateTerms,
  ): Promise<'updated' | 'gone' | 'conflict' | 'too-large'> {

    const stored = storedId(id);
    const whose = user === undefined ? null : userHash(user);
    const answer = await this.#rows.change(stored, change, terms, rowTerms => (
      this.#table.update(stored, change, { ...rowTerms, user: whose })));
    return answer === 'done' ? 'updated' : answer;

  }

  async touch(id: string, lifetime: number, user?: string): Promise<boolean> {

    const whose = user === undefined ? null : userHash(user);
    return this.#rows.isDone(() => this.#table.touch(storedId(id), milliseconds(lifetime), whose));

  }

  /** @throws {TypeError} if `newId` was not made by `newSessionId(id)` */
  async move(
    id: string, newId: string, change: SessionChange, { newInfo, ...terms }: MoveTerms,
  ): Promise<'moved' | 'gone' | 'conflict' | 'too-large' | 'revoked'> {

    const began = requestBegan(newInfo);
    const { from, to } = movedId(id, newId);
    const info = newInfo ? toStored(newInfo.info) : null;
    const answer = await this.#rows.change(from, change, terms, rowTerms => (
      this.#table.move(from, to.hash, change, { ...rowTerms, info })), row => {
      if (isFormer(row.former, to.hash, row.now)) throw new Error('The new id of the session is in use');
    });
    if (answer !== 'done') return answer;
    return await this.#users.refuse(to, newInfo?.info, began) ? 'revoked' : 'moved';

  }

  async end(id: string, { moved = false }: EndTerms = {}): Promise<boolean> {

    return this.#rows.isDone(() => this.#table.end(storedId(id), moved ? ENDED_AS_MOVED : ENDED));

  }

  sessionsOf(user: string): Promise<StoredUserSession[]> {

    return this.#users.list(user);

  }

  async infoByHandle(handle: string): Promise<StoredInfo | null> {

    const row = await this.#rows.read(handle);
    return row && infoIn(row);

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

}
