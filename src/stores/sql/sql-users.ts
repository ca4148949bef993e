import type { EndSessionsTerms, StoredInfo, StoredUserSession } from '../../base/store.js';
import type { StoredId } from '../../id/stored-id.js';
import { isRevokedSince } from '../shared/request-age.js';
import type { ServerClock } from '../shared/server-clock.js';
import { asciiUserHash } from '../shared/user-hash.js';
import { userSession } from '../shared/user-session.js';
import { fromStored } from './sql-info.js';
import { endData } from './sql-row.js';

/** What a table of a database server can do with the sessions of a user, given as `asciiUserHash()` returns it. */
export interface UsersTable {

  /** Leaves a mark that all sessions of a user are ended now. */
  revoke(mark: string): PromiseLike<unknown>;

  /** The marks of these names that exist: `now time`, both in microseconds by the server's clock. */
  marks(mark: string, other: string): PromiseLike<readonly string[]>;

  /** The live rows of a user: `now ends_at seen_at handle about`; null for a row with a column that is NULL. */
  rowsOf(user: string): PromiseLike<ReadonlyArray<string | null>>;

  /**
   * Ends the live sessions of a user.
   *
   * @param which.only the handle of the one to end; null for all
   * @param which.except the handle of one that is spared; `''` for none
   * @param data the new text of the column
   * @returns the handles of those that were ended
   */
  endOf(user: string, which: { readonly only: string | null; readonly except: string }, data: string): PromiseLike<string[]>;

  /** The handles of the next {@link STEP} live sessions after a handle, in their order. */
  live(after: string): PromiseLike<readonly string[]>;

  /**
   * Ends a live session that has this id, or had it a moment ago.
   *
   * @param data the new text of the column
   */
  end(id: StoredId, data: string): PromiseLike<unknown>;

  /** Revokes those sessions that live. */
  endThese(handles: readonly string[]): PromiseLike<unknown>;

}

/** The row with the time at which all sessions of all users were ended. No handle has a colon. */
const EVERYONE = 'u:*';

/** How many sessions one step of `endAllSessions` ends. */
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

  async sessionsOf(user: string): Promise<StoredUserSession[]> {

    return (await this.#table.rowsOf(asciiUserHash(user))).flatMap(text => readSession(text, user) ?? []);

  }

  async endSessionsOf(user: string, { only, except = '', reason }: EndSessionsTerms): Promise<string[]> {

    const hash = asciiUserHash(user);
    const data = endData({ reason });
    if (only !== undefined) return this.#table.endOf(hash, { only, except: '' }, data);
    await this.#table.revoke(markOf(hash));
    return this.#table.endOf(hash, { only: null, except }, data);

  }

  async endAllSessions(): Promise<void> {

    await this.#table.revoke(EVERYONE);
    let handles: readonly string[];
    let after = '';
    do {
      handles = await this.#table.live(after);
      if (handles.length > 0) await this.#table.endThese(handles);
      after = handles.at(-1) ?? after;
    } while (handles.length === STEP);

  }

  /**
   * Ends a session that has just become one of a user, if sessions of that user
   * have been ended since the request began.
   *
   * @param began the begin of the request, by `performance.now()`
   * @returns whether the session was ended
   */
  async refuse(id: StoredId, info: StoredInfo | undefined, began: number | undefined): Promise<boolean> {

    if (!info || info.user === null || began === undefined) return false;
    const mark = markOf(asciiUserHash(info.user));
    if (!await isRevokedSince(began, this.#clock, () => this.#timesOf(mark))) return false;
    await this.#table.end(id, endData({ reason: 'revoked' }));
    return true;

  }

  async #timesOf(mark: string): Promise<number[]> {

    const askedAt = performance.now();
    return (await this.#table.marks(mark, EVERYONE)).map(text => {
      const [now, time] = text.split(' ');
      this.#clock.observe(Number(now) / 1000, askedAt, 0);
      return Number(time) / 1000;
    });

  }

}

/** The row with the time at which sessions of a user were ended. Its handle has 84 bits of the user's hash. */
function markOf(hash: string): string {

  return `u:${hash.slice(0, 14)}`;

}

/** Null if the row is damaged, or says that the session has another user. */
function readSession(text: string | null, user: string): StoredUserSession | null {

  const [now, endsAt, seenAt, handle = '', ...rest] = (text ?? '').split(' ');
  try {
    const info = fromStored(rest.join(' '));
    return userSession({ handle, info, idle: (Number(now) - Number(seenAt)) / 1000, left: (Number(endsAt) - Number(now)) / 1000 }, user);
  } catch {
    return null;
  }

}
