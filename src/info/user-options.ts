import { LONGEST_EXPIRY } from './lifetime.js';
import { checkSeconds, wrong } from '../base/option-checks.js';
import type { SessionOptions } from '../options.js';
import { userReader } from './session-user.js';
import { type AtomicSessionStore, isIndexing, type SessionValues } from '../base/store.js';

/** The options about users and about what their sessions live for. */
export interface UserSettings {
  readonly userOf: ((values: SessionValues) => string | null) | undefined;
  readonly maxUserSessions: number | undefined;
  readonly absoluteExpiry: number | undefined;
  readonly anonymousExpiry: number | undefined;
  readonly renewal: number | undefined;
  /** Whether ids from before a renewal are looked for. */
  readonly tracesRenewals: boolean;
  readonly endOnReuse: boolean;
  readonly grace: number;
  /** Whether the store is told of every session what it is. */
  readonly keepsInfo: boolean;
}

/** The options that need a store which keeps more than values. */
const NEED_INFO = ['user', 'absoluteExpiry', 'renewal', 'grace'] as const;

/** A former id that is good for longer is a second one. */
const LONGEST_GRACE = 60;

/** @throws {TypeError} that names the option, its value and what is allowed */
export function checkedUserOptions(options: SessionOptions, store: AtomicSessionStore): UserSettings {

  const { user, maxUserSessions, absoluteExpiry, anonymousExpiry, renewal, endOnReuse = false, grace = 0 } = options;
  const needing = NEED_INFO.filter(name => options[name]);
  if (needing.length > 0 && !store.keepsInfo) {
    throw new TypeError(`option ${needing[0]} needs a store with \`keepsInfo: true\`, which keeps more of a session than its values`);
  }
  if (user !== undefined && typeof user !== 'function' && (typeof user !== 'string' || user === '')) {
    throw wrong('user', user, 'must be the name of a key or a function of the values');
  }
  if (maxUserSessions !== undefined) {
    if (!(Number.isInteger(maxUserSessions) && maxUserSessions >= 1)) throw wrong('maxUserSessions', maxUserSessions, 'must be a whole number from 1');
    if (user === undefined || !isIndexing(store)) throw new TypeError('option maxUserSessions needs the option user, and a store that indexes by user');
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
    maxUserSessions, absoluteExpiry, anonymousExpiry, renewal, tracesRenewals, endOnReuse, grace,
    keepsInfo: needing.length > 0,
  };

}
