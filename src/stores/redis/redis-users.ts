import type { EndReason, EndSessionsTerms, SessionState, StoredInfo, StoredUserSession } from '../../base/store.js';
import { REMEMBERED } from '../shared/mark-lifetimes.js';
import { isRevokedSince } from '../shared/request-age.js';
import { userSession } from '../shared/user-session.js';
import type { IoredisClient, NodeRedisClient } from './redis-client.js';
import { PAGE, RedisIndex } from './redis-index.js';
import { infoOfUser, packReason, readInfoOf, readState, readTimes, userIn } from './redis-record.js';
import { isThere, type RedisRecords } from './redis-records.js';
import { type Pages, scanHandles } from './redis-scan.js';
import { END_WHOSE } from './redis-scripts.js';

/** Milliseconds for which an answer waits until the index is repaired. */
const HEALED_WITHIN = 250;

/** Milliseconds during which no other session gets the handle of one that has ended: by any server's clock, its mark still exists. */
const FORGOTTEN_WITHIN = REMEMBERED / 2;

/** The number of times that all sessions are looked for: a slot of a cluster that is moving may be missed. */
const ROUNDS = 3;

/** Finds and ends the sessions of users. */
export class RedisUsers {

  readonly #client: NodeRedisClient | IoredisClient;
  readonly #records: RedisRecords;
  readonly #index: RedisIndex;

  constructor(client: NodeRedisClient | IoredisClient, records: RedisRecords) {
    this.#client = client;
    this.#records = records;
    this.#index = new RedisIndex(records.redis, records.prefix, (time, askedAt) => records.observe(time, askedAt));
  }

  async sessionsOf(user: string): Promise<StoredUserSession[]> {

    const sessions: StoredUserSession[] = [];
    for (const page of inPages(await this.#index.list(user))) {
      const headers = await Promise.all(page.map(({ handle }) => noneIfForeign(this.#records.header(handle), null)));
      const now = this.#records.clock.now();
      const found = page.map(({ handle }, index) => {
        const header = headers[index];
        if (!isThere(header)) return null;
        const { usedAt, endsAt } = readTimes(header);
        return userSession({ handle, info: readInfoOf(header), idle: (now - usedAt) / 1000, left: (endsAt - now) / 1000 }, user);
      });
      sessions.push(...found.filter(session => session !== null));
      await this.#index.drop(user, page.filter((_, index) => !found[index]));
    }
    return sessions;

  }

  /** All at once: clients send such commands together, on a cluster to each master its own. */
  async statesOf(handles: readonly string[]): Promise<Map<string, SessionState | null>> {

    const records = await Promise.all(handles.map(handle => noneIfForeign(this.#records.state(handle), null)));
    const now = this.#records.clock.now();
    return new Map(handles.map((handle, index) => {
      const record = records[index];
      return [handle, isThere(record) ? readState(record, now) : null];
    }));

  }

  async infoOf(handle: string): Promise<StoredInfo | null> {

    const header = await noneIfForeign(this.#records.header(handle), null);
    return isThere(header) ? readInfoOf(header) : null;

  }

  async endSessionsOf(user: string, { only, except, reason }: EndSessionsTerms): Promise<string[]> {

    const entries = only === undefined ? await this.#index.revoke(user, except) : [{ handle: only, score: '' }];
    const ended: string[] = [];
    for (const page of inPages(entries.filter(({ handle }) => handle !== except))) {
      ended.push(...await this.#endAll(page.map(({ handle }) => handle), infoOfUser(user), reason));
      // Not before they have ended: what is still to be ended must be found again.
      await this.#index.drop(user, page);
    }
    return ended;

  }

  /** @throws {TypeError} if the client can't look for keys */
  async endAllSessions(): Promise<void> {

    await this.#index.revoke(null);
    const endPages = async (pages: Pages) => {
      let count = 0;
      for await (const handles of pages) {
        for (const page of inPages(handles)) count += (await this.#endAll(page, '', 'revoked')).length;
      }
      return count;
    };
    for (let round = 0; round < ROUNDS; round++) {
      const masters = await scanHandles(this.#client, this.#records.prefix);
      const counts = await Promise.all(masters.map(endPages));
      if (counts.every(count => count === 0)) break;
    }

  }

  /** Enters a session of a user before there is a record of it. */
  async enter(handle: string, lifetime: number, info: StoredInfo | undefined): Promise<void> {

    if (typeof info?.user === 'string') await this.#index.enter(info.user, handle, kept(lifetime));

  }

  /**
   * Enters a session that has become one of a user, and says whether sessions of
   * the user have been ended since the request began. Ending them leaves a mark
   * before it looks for entries, so one of the two finds what the other did.
   *
   * @param began the begin of the request, by `performance.now()`
   */
  async isRevoked(handle: string, lifetime: number, info: StoredInfo | undefined, began: number | undefined): Promise<boolean> {

    const user = info?.user ?? null;
    if (user === null) return false;
    const enter = () => this.#index.enter(user, handle, kept(lifetime));
    if (began === undefined) {
      await enter();
      return false;
    }
    const marks = async () => {
      const [{ revokedAt }, allRevokedAt] = await Promise.all([enter(), this.#index.revokedAt(null)]);
      return [revokedAt, allRevokedAt].filter(time => time !== null);
    };
    if (!await isRevokedSince(began, this.#records.clock, marks)) return false;
    await this.#endEntered(user, handle);
    return true;

  }

  /**
   * Enters a session again while it is changed: the change must not fail with the
   * index, nor wait for it for long. If the index had lost the session, and those of
   * the user have been ended since, it was missed, and ends now.
   */
  async healing<T>(user: string, handle: string, lifetime: number, answer: Promise<T>): Promise<T> {

    let timer: ReturnType<typeof setTimeout> | undefined;
    const isLate = new Promise<void>(resolve => {
      timer = setTimeout(resolve, HEALED_WITHIN);
    });
    const heal = async () => {
      const { revokedAt, isNew } = await this.#index.enter(user, handle, kept(lifetime));
      if (isNew && revokedAt !== null) await this.#endEntered(user, handle);
    };
    const healed = heal().catch(() => {});
    try {
      const [word] = await Promise.all([answer, Promise.race([healed, isLate])]);
      return word;
    } finally {
      clearTimeout(timer);
    }

  }

  /**
   * Removes the entry of a session that has just ended. No request waits for it,
   * and it may fail: lists find out, and the entry expires as others do.
   *
   * @param info the info of the session, as its record had it
   * @param time when it ended, in Unix milliseconds by the server's clock
   */
  forget(handle: string, info: string, time: number): void {

    const user = userIn(info);
    if (user !== null) this.#index.forget(user, handle, time + FORGOTTEN_WITHIN).catch(() => {});

  }

  async #endEntered(user: string, handle: string): Promise<void> {

    await this.#endAll([handle], infoOfUser(user), 'revoked');
    await this.#index.drop(user, [{ handle, score: '' }]);

  }

  /** Ends sessions, whatever their ids and users. @returns the handles of those that were live */
  endAll(handles: readonly string[], reason: EndReason | undefined): Promise<string[]> {

    return this.#endAll(handles, '', reason);

  }

  /**
   * Ends sessions, whatever their ids are by now.
   *
   * @param whose the begin of their info
   * @returns the handles of those that were live
   */
  async #endAll(handles: readonly string[], whose: string, reason: EndReason | undefined): Promise<string[]> {

    const words = await Promise.all(handles.map(handle => (
      noneIfForeign(this.#records.run(END_WHOSE, handle, [whose, this.#records.token(), packReason(reason)]), 'gone'))));
    return handles.filter((_, index) => words[index] === 'done');

  }

}

/** A key of another type is not a session: it must not prevent the work on others. */
export async function noneIfForeign<T>(answer: PromiseLike<T>, none: T): Promise<T> {

  try {
    return await answer;
  } catch (error) {
    if (String((error as Error | undefined)?.message).includes('WRONGTYPE')) return none;
    throw error;
  }

}

/** Milliseconds for which the entry of a session is kept: the next touch may not name the user. */
function kept(lifetime: number): number {

  return Math.ceil(lifetime * 2000);

}

export function inPages<T>(all: readonly T[]): T[][] {

  const pages = [];
  for (let at = 0; at < all.length; at += PAGE) pages.push(all.slice(at, at + PAGE));
  return pages;

}
