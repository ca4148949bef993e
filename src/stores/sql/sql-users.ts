import type { StoredInfo, StoredUserSession, WhichSessions } from '../../base/store.js';
import type { ServerClock } from '../shared/server-clock.js';
import { fromStored } from './sql-info.js';
import { ENDED } from './sql-row.js';
import { isHandle, type StoredId } from '../../id/stored-id.js';
import { isRevokedSince } from '../shared/request-age.js';
import { asciiUserHash as userHash } from '../shared/user-hash.js';

/** What a table of a database server can do with the sessions of a user, who is given as `userHash()` returns it. */
export interface UsersTable {

  /** Leaves a mark that all sessions of a user are ended now. */
  revoke(mark: string): PromiseLike<unknown>;

  /** The marks of these names that exist: `now time`, both in microseconds by the server's clock. */
  marks(mark: string, other: string): PromiseLike<readonly string[]>;

  /** The live rows of a user: `now ends_at seen_at handle about`; null where a column of one is NULL. */
  rowsOf(user: string): PromiseLike<ReadonlyArray<string | null>>;

  /**
   * Ends the live sessions of a user.
   *
   * @param only the one that is meant; null for all
   * @param except one that is spared; `''` for none
   * @returns the handles of those that were ended
   */
  endOf(user: string, only: string | null, except: string): PromiseLike<readonly string[]>;

  /** The handles of the next {@link STEP} live sessions behind one, in their order. */
  live(after: string): PromiseLike<readonly string[]>;

  /**
   * Ends a live session that has, or had, this id.
   *
   * @param data what the column is from then on
   */
  end(id: StoredId, data: string): PromiseLike<unknown>;

  /** Ends those of these sessions that live. */
  endThese(handles: readonly string[]): PromiseLike<unknown>;

}

/** The row that says when all sessions of all users were ended. No handle has a colon. */
const EVERYBODY = 'u:*';

/** How many sessions are ended in one step where all are. */
export const STEP = 500;

/**
 * The sessions of users, in a table of a database server.
 *
 * Ending a user's sessions first records the time, and then ends the rows that
 * exist. Making a session one of that user's first writes its row, and then reads
 * that time. So one of the two sees what the other did.
 */
export class SqlUsers {

  readonly #table: UsersTable;
  readonly #clock: ServerClock;

  constructor(table: UsersTable, clock: ServerClock) {

    this.#table = table;
    this.#clock = clock;

  }

  async list(user: string): Promise<StoredUserSession[]> {

    return (await this.#table.rowsOf(userHash(user))).flatMap(text => readSession(text, user) ?? []);

  }

  async end(user: string, { only, except = '' }: WhichSessions = {}): Promise<readonly string[]> {

    const hash = userHash(user);
    if (only !== undefined) return isHandle(only) ? this.#table.endOf(hash, only, '') : [];
    await this.#table.revoke(markOf(hash));
    return this.#table.endOf(hash, null, isHandle(except) ? except : '');

  }

  async endAll(): Promise<void> {

    await this.#table.revoke(EVERYBODY);
    let handles: readonly string[];
    let after = '';
    do {
      handles = await this.#table.live(after);
      if (handles.length > 0) await this.#table.endThese(handles);
      after = handles.at(-1) ?? after;
    } while (handles.length === STEP);

  }

  /**
   * Ends a session that has just become one of a user, where sessions of that
   * user have been ended since the request began.
   *
   * @param began when the request did, as `performance.now()` tells it
   * @returns whether it did
   */
  async refuse(id: StoredId, info: StoredInfo | undefined, began: number | undefined): Promise<boolean> {

    if (!info || info.user === null || began === undefined) return false;
    const mark = markOf(userHash(info.user));
    if (!await isRevokedSince(began, this.#clock, () => this.#timesOf(mark))) return false;
    await this.#table.end(id, ENDED);
    return true;

  }

  async #timesOf(mark: string): Promise<number[]> {

    const askedAt = performance.now();
    return (await this.#table.marks(mark, EVERYBODY)).map(text => {
      const [now, time] = text.split(' ');
      this.#clock.observe(Number(now) / 1000, askedAt, 0);
      return Number(time) / 1000;
    });

  }

}

/** The row that says when the sessions of a user were ended, under a part of the hash: 84 bits. */
function markOf(hash: string): string {

  return `u:${hash.slice(0, 14)}`;

}

/** Null where the row is damaged, or says that the session is another's. */
function readSession(text: string | null, user: string): StoredUserSession | null {

  const [now, endsAt, seenAt, handle = '', ...rest] = (text ?? '').split(' ');
  try {
    const info = fromStored(rest.join(' '));
    return info?.user !== user ? null : {
      handle,
      details: info.details,
      idle: Math.max(0, Number(now) - Number(seenAt)) / 1000,
      remaining: Math.max(0, Number(endsAt) - Number(now)) / 1000,
    };
  } catch {
    return null;
  }

}
