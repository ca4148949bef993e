import { setTimeout as wait } from 'node:timers/promises';
import { andThen } from '../../base/awaitable.js';
import type { Awaitable, EndSessionsTerms, StoredInfo, StoredUserSession } from '../../base/store.js';
import { REVOKED_FOR } from '../shared/mark-lifetimes.js';
import { EMPTY } from '../shared/packed-texts.js';
import { userHash } from '../shared/user-hash.js';
import { userSession } from '../shared/user-session.js';
import { type FoundRow, infoOf, isDead, type Row } from './sqlite-row.js';
import { BATCH, type SqliteTable } from './sqlite-table.js';

/** The handle of a revocation's row, before the hash of the user: no session has such a handle. */
const REVOKED = 'u:';

/** Two readings of clocks that lie further apart, in milliseconds, are read again, at most this often. */
const SLACK = 1;
const MOST_TRIES = 3;

/** The number of sessions that are looked for in one step of `endAllSessions`. */
const PAGE = 1000;

/** The users of the sessions in a table. */
export class SqliteUsers {

  readonly #table: SqliteTable;

  constructor(table: SqliteTable) {
    this.#table = table;
  }

  /**
   * Says whether a request that makes a session one of a user began before
   * sessions of that user were ended. Only within a change.
   *
   * @param began the begin of the request, by `performance.now()`
   */
  refuses(info: StoredInfo | undefined, began: number | undefined): boolean {

    if (!info || info.user === null || began === undefined) return false;
    let now = monotonic();
    let requestAge = performance.now() - began;
    for (let tries = 1; tries < MOST_TRIES && monotonic() - now > SLACK; tries++) {
      now = monotonic();
      requestAge = performance.now() - began;
    }
    const revokedAt = this.#table.lastRevoked(REVOKED + userHash(info.user), REVOKED, now);
    return revokedAt !== null && now - revokedAt <= requestAge;

  }

  sessionsOf(user: string): Awaitable<StoredUserSession[]> {

    return andThen(this.#table.rowsOf(userHash(user)), rows => rows.flatMap(({ handle, info, idle, left }) => (
      userSession({ handle, info: infoOf(info), idle: idle / 1000, left: left / 1000 }, user) ?? [])));

  }

  /** Restores the user of a session in the index, if it was lost; only within a change. */
  heal(handle: string, { userId }: Row, user: string | undefined): void {

    if (user !== undefined && userId !== userHash(user)) this.#table.enter(handle, userHash(user));

  }

  /** Ends sessions of a user: the first of them in one step with the mark that refuses others. */
  endSessionsOf(user: string, { only, except, reason }: EndSessionsTerms): Awaitable<string[]> {

    const userId = userHash(user);
    const ended: string[] = [];
    const end = (handle: string, row: FoundRow) => {
      if (row.userId !== userId || isDead(row)) return;
      this.#table.end(handle, row, { reason });
      ended.push(handle);
    };
    const begun = this.#table.change(REVOKED + userId, ({ now }) => {
      if (only === undefined) this.#table.write(REVOKED + userId, revocation(now), now);
      const handles = this.#table.handlesOf(userId).filter(handle => (only === undefined || handle === only) && handle !== except);
      this.#table.each(handles.splice(0, BATCH), end);
      return handles;
    });
    const done = andThen(begun, rest => rest.length === 0 ? ended : this.#table.changeEach(rest, end).then(() => ended));
    return only === undefined ? laterThanTheMark(done) : done;

  }

  /** Ends all sessions, in steps between which other work goes on. */
  async endAllSessions(): Promise<void> {

    await this.#table.change(REVOKED, ({ now }) => this.#table.write(REVOKED, revocation(now), now));
    let handles: string[];
    let after = '';
    do {
      handles = await this.#table.live(after, PAGE);
      // A session keeps its handle when it moves, so none is missed.
      await this.#table.changeEach(handles, (handle, row) => {
        if (row.idHash !== '' && !isDead(row)) this.#table.end(handle, row, { reason: 'revoked' });
      });
      after = handles.at(-1) ?? after;
    } while (handles.length === PAGE);
    await laterThanTheMark(undefined);

  }

}

/**
 * Waits until a request that begins now is certain to be later than the mark:
 * between reading two clocks, a process may have to wait for its turn.
 */
async function laterThanTheMark<T>(answer: Awaitable<T>): Promise<T> {

  const given = await answer;
  const until = performance.now() + 2;
  while (performance.now() < until) await wait(1);
  return given;

}

/**
 * Milliseconds by the monotonic clock, which all processes of the machine share.
 * With the time of day, setting the clock back after a revocation would lock the
 * user out until that time has come again.
 */
function monotonic(): number {

  return Number(process.hrtime.bigint()) / 1e6;

}

/** The row with the time at which sessions were ended. */
function revocation(now: number): Row {

  return { idHash: '', former: '', userId: '', info: String(monotonic()), endsAt: now + REVOKED_FOR, data: EMPTY };

}
