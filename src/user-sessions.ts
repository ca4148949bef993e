import { checkSeconds, known, record, wrong } from './base/option-checks.js';
import { type IndexingSessionStore, isIndexing, type SessionStore, type WhichSessions } from './base/store.js';
import { unixTime } from './base/time.js';
import type { UserSession } from './base/user-session.js';
import { reportEnds } from './events/session-ends.js';
import { publishRevoked } from './events/session-events.js';
import { listedSessions } from './info/listed-session.js';
import { type TimedStore, timedStore } from './wrapping/timed-store.js';

/** Options of {@link UserSessions}. */
export interface UserSessionsOptions {
  /** Seconds to wait for the store, at most 3600; 30 by default. */
  storeTimeout?: number | undefined;
}

/** Options of {@link UserSessions.endAll}. */
export interface EndAllOptions {
  /**
   * The handle of the session to be spared; `ctx.sessionInfo?.handle` is that of
   * the request's own session. `undefined`, `''` and a handle that none of the
   * user's sessions has spare none.
   */
  except?: string | undefined;
}

/**
 * Lists and ends the sessions of users, for "your devices", "sign out everywhere
 * else" and administrators. It takes the store of a middleware that has the
 * option `user`, and works outside of requests, too.
 *
 * The next request of a session that was ended is anonymous, in every process,
 * and no request that is under way brings the session back (OWASP ASVS 5.0, 7.4
 * and 7.5).
 */
export class UserSessions {

  readonly #store: IndexingSessionStore;
  readonly #timed: TimedStore;

  /** @throws {TypeError} if the store does not index by user, or for a wrong option */
  constructor(store: SessionStore, options: UserSessionsOptions = {}) {

    if (typeof store !== 'object' || store === null || !isIndexing(store)) {
      throw wrong('store', store, 'must be a store that finds the sessions of a user: docs/choosing-a-store.md lists them');
    }
    record('options', options);
    known('option', options, ['storeTimeout']);
    const { storeTimeout = 30 } = options;
    checkSeconds('storeTimeout', storeTimeout, 0.001, 3600);
    this.#store = store;
    this.#timed = timedStore(store, storeTimeout);

  }

  /**
   * Returns the live sessions of a user, the most recently used first. Sessions
   * that can't be read are left out.
   *
   * @throws {SessionStoreError} if the store fails
   */
  async list(user: string | number): Promise<UserSession[]> {

    const now = unixTime();
    const sessions = await this.#timed.sessionsOf(nameOf(user));
    return listedSessions(sessions, now);

  }

  /**
   * Ends one session of a user.
   *
   * @returns false if the user has no session with this handle: the session of
   *   another user is not ended
   * @throws {SessionStoreError} if the store fails
   */
  async end(user: string | number, handle: string): Promise<boolean> {

    return (await this.#end(user, { only: checkedHandle(handle) })).length > 0;

  }

  /**
   * Ends all sessions of a user, or all but one. A sign-in of the user that is
   * under way is refused with 409, since it may have checked an old password.
   *
   * @returns the number of sessions that were ended
   * @throws {TypeError} for a wrong option; nothing is ended then
   * @throws {SessionStoreError} if the store fails
   */
  async endAll(user: string | number, options: EndAllOptions = {}): Promise<number> {

    record('options', options);
    known('option', options, ['except']);
    const { except = '' } = options;
    if (typeof except !== 'string') throw wrong('except', except, 'must be the handle of a session');
    return (await this.#end(user, except === '' ? {} : { except })).length;

  }

  /**
   * Ends every session of every visitor, signed in or not (OWASP ASVS 5.0, 7.4.5).
   *
   * @throws the error of the store, if it fails
   */
  async endEverything(): Promise<void> {

    await this.#store.endAllSessions();
    reportEnds(null, 'revoked');
    publishRevoked({ user: null, handles: [], cookieName: null });

  }

  async #end(user: string | number, which: WhichSessions): Promise<readonly string[]> {

    const name = nameOf(user);
    const handles = await this.#timed.endSessionsOf(name, { ...which, reason: 'revoked' });
    if (handles.length > 0) publishRevoked({ user: name, handles, cookieName: null });
    return handles;

  }

}

function nameOf(user: unknown): string {

  if (typeof user === 'string' && user !== '') return user;
  if (typeof user === 'number' && Number.isFinite(user) && user !== 0) return String(user);
  throw wrong('user', user, 'must be a text that is not empty, or a number other than 0');

}

function checkedHandle(handle: unknown): string {

  if (typeof handle === 'string' && handle !== '') return handle;
  throw wrong('handle', handle, 'must be the handle of a session');

}
