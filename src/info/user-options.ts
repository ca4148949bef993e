import { checkSeconds, known, record, wrong } from '../base/option-checks.js';
import { type AtomicSessionStore, isIndexing, type SessionValues } from '../base/store.js';
import { LONGEST_EXPIRY } from '../base/time.js';
import { type UserOption, userReader } from './session-user.js';

/** What `maxUserSessions` takes beside a number. */
export interface SessionLimit {
  /** The most sessions that a user may have at the same time. */
  readonly count: number;
  /**
   * What one more sign-in does: it ends the session that was not used for longest
   * (`'end-oldest'`), or is refused with a `SessionLimitError` (`'refuse'`), before
   * anyone is signed in.
   */
  readonly atLimit: 'end-oldest' | 'refuse';
}

/** The options about users, and about ids and lifetimes of their sessions. */
export interface UserOptions {

  /**
   * The user of a session: the name of the key that holds it, or a function of the
   * values that returns a text, a number, or null for no user. With this option,
   * a session gets a new id when its user signs in, and begins anew when its user
   * is replaced by another one (OWASP ASVS 5.0, 7.2.4), and `UserSessions` finds
   * and ends a user's sessions. `1` and `'1'` are the same user.
   */
  user?: UserOption | undefined;

  /**
   * The most sessions that a user may have at the same time: one more ends the
   * session that was not used for longest, or is refused with `atLimit: 'refuse'`.
   * Needs `user` and a store that indexes by user; no limit by default.
   */
  maxUserSessions?: number | SessionLimit | undefined;

  /**
   * Seconds after which a session is gone, however often it is used, and its user
   * must sign in again; no limit by default. A regeneration does not extend it, a
   * sign-in does (NIST SP 800-63B-4, 5.2).
   */
  absoluteExpiry?: number | undefined;

  /**
   * Seconds of inactivity after which a session without a user is gone; `expiry`
   * by default. Needs `user`.
   */
  anonymousExpiry?: number | undefined;

  /**
   * Seconds after which the next use of a session gives it a new id. By default, use
   * gives no new id.
   */
  renewal?: number | undefined;

  /**
   * Whether a user's session ends at once when, more than 30 seconds after a
   * renewal, a request carries the id from before it: either that id or the one
   * after it is stolen, and no one can tell which (RFC 9700 section 4.14.2).
   * False by default: the use is reported as an event, and signing out with such
   * an id ends the session. Needs `renewal`, `user` and a store that indexes by
   * user.
   */
  endOnReuse?: boolean | undefined;

  /**
   * Seconds, at most 60, during which the former id of a session leads to the new
   * one, if only the id has changed; 0 by default. A thief of the former id is led
   * there, too.
   */
  grace?: number | undefined;

}

/** The same options, checked and with their defaults. */
export interface UserSettings {
  readonly userOf: ((values: SessionValues) => string | null) | undefined;
  readonly maxUserSessions: SessionLimit | undefined;
  readonly absoluteExpiry: number | undefined;
  readonly anonymousExpiry: number | undefined;
  readonly renewal: number | undefined;
  /** Whether unknown ids are compared with those that sessions had before a renewal. */
  readonly tracesRenewals: boolean;
  readonly endOnReuse: boolean;
  readonly grace: number;
  /** Whether every session is stored with its info. */
  readonly keepsInfo: boolean;
}

/** The options that need a store with `keepsInfo: true`. */
const NEED_INFO = ['user', 'absoluteExpiry', 'renewal', 'grace'] as const;

/** In seconds. A former id that led there for longer would be a second id. */
const LONGEST_GRACE = 60;

/**
 * Checks the options about users, and fills in defaults.
 *
 * @throws {TypeError} that names the option, its value and what is allowed
 */
export function checkedUserOptions(options: UserOptions, store: AtomicSessionStore): UserSettings {

  const { user, maxUserSessions, absoluteExpiry, anonymousExpiry, renewal, endOnReuse = false, grace = 0 } = options;
  const needing = NEED_INFO.filter(name => options[name]);
  if (needing.length > 0 && !store.keepsInfo) {
    throw new TypeError(`option ${needing[0]} needs a store with \`keepsInfo: true\`, which keeps details beside a session's values`);
  }
  if (user !== undefined && typeof user !== 'function' && (typeof user !== 'string' || user === '')) {
    throw wrong('user', user, 'must be the name of a key or a function of the values');
  }
  const limit = checkedLimit(maxUserSessions);
  if (limit !== undefined) {
    if (user === undefined) throw new TypeError('option maxUserSessions needs the option user');
    if (!isIndexing(store)) throw new TypeError('option maxUserSessions needs a store that indexes by user: this one has no method sessionsOf()');
  }
  if (anonymousExpiry !== undefined) {
    if (user === undefined) throw new TypeError('option anonymousExpiry needs the option user');
    checkSeconds('anonymousExpiry', anonymousExpiry, 0, LONGEST_EXPIRY);
  }
  if (absoluteExpiry !== undefined) checkSeconds('absoluteExpiry', absoluteExpiry, 1, LONGEST_EXPIRY);
  if (renewal !== undefined) checkSeconds('renewal', renewal, 1, LONGEST_EXPIRY);
  if (typeof endOnReuse !== 'boolean') throw wrong('endOnReuse', endOnReuse, 'must be true or false');
  const tracesRenewals = renewal !== undefined && user !== undefined && isIndexing(store) && typeof store.infoByHandle === 'function';
  if (endOnReuse && !tracesRenewals) {
    throw new TypeError('option endOnReuse needs the options renewal and user, and a store that indexes by user and has infoByHandle()');
  }
  checkSeconds('grace', grace, 0, LONGEST_GRACE);
  return {
    userOf: user === undefined ? undefined : userReader(user),
    maxUserSessions: limit, absoluteExpiry, anonymousExpiry, renewal, tracesRenewals, endOnReuse, grace,
    keepsInfo: needing.length > 0,
  };

}

function checkedLimit(given: number | SessionLimit | undefined): SessionLimit | undefined {

  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null) {
    if (!isCount(given)) throw wrong('maxUserSessions', given, 'must be a whole number from 1, or an object of count and atLimit');
    return { count: given, atLimit: 'end-oldest' };
  }
  record('maxUserSessions', given);
  known('option maxUserSessions:', given, ['count', 'atLimit']);
  const { count, atLimit } = given;
  if (!isCount(count)) throw wrong('maxUserSessions.count', count, 'must be a whole number from 1');
  if (atLimit !== 'end-oldest' && atLimit !== 'refuse') throw wrong('maxUserSessions.atLimit', atLimit, 'must be \'end-oldest\' or \'refuse\'');
  return { count, atLimit };

}

function isCount(count: unknown): count is number {

  return Number.isInteger(count) && (count as number) >= 1;

}
