import type { SessionTexts, SessionValues } from '../base/store.js';
import type { Authentication } from '../info/session-details.js';
import { fromTexts } from '../values/session-values.js';
import { difference, isEmpty } from '../values/texts-change.js';
import type { StoredSession } from './stored-session.js';

/** Reads from a session's values which user it belongs to; null for none. */
export type UserReader = (values: SessionValues) => string | null;

/** What a request asks for: values, a new id, a user. */
export interface Wanted extends Claim {
  readonly texts: SessionTexts;
  /** Whether `null` or `{}` was assigned to `ctx.session`, and no key was set since. */
  readonly cleared: boolean;
  /** Whether `null` was assigned to `ctx.sessionId`. */
  readonly regenerate: boolean;
  /** Whether the user has proved who they are. */
  readonly proved?: boolean;
  /** What `ctx.authenticated()` was given. */
  readonly authentication?: Authentication | undefined;
  /** Whether another object was assigned to `ctx.session`, or an update returned one. */
  readonly assigned?: boolean;
}

/** The user whom the values of a request name. */
export interface Claim {
  /** Undefined if the values were not read: they name the same user as before. */
  readonly user?: string | null | undefined;
  /** Whether the stored values named that user already, so that this request signs no one in. */
  readonly isFound?: boolean | undefined;
  /** The other user whom the stored values named, if the store does not know whose session it is. */
  readonly former?: string | undefined;
}

/** The claim of a request that has not read the values. */
export const UNCLAIMED: Claim = {};

/**
 * Finds out whether this request named the user, or the stored values did already.
 * If the stored values no longer name a user, because the schema or the application
 * has changed, the session keeps its user as long as it is only read.
 *
 * @param user the user whom the values name; undefined if they were not read
 * @param texts the values of the request
 */
export function claimOf(
  user: string | null | undefined, texts: SessionTexts, stored: StoredSession, userOf: UserReader | undefined,
): Claim {

  if (!userOf || user === undefined || stored.kind !== 'live') return { user };
  if (stored.user === null) {
    const named = namedBy(stored.texts, userOf) ?? null;
    if (named === user) return { user, isFound: user !== null };
    return named === null ? { user } : { user, former: named };
  }
  if (user === stored.user || user !== namedBy(stored.texts, userOf)) return { user };
  return { user: user === null && isEmpty(difference(stored.texts, texts)) ? undefined : user };

}

/**
 * Whether the object that a handler has assigned is the whole session, so that nothing
 * which others have stored in the meantime belongs to it: that stays with the former user.
 */
export function isWholeSession({ assigned, cleared, user, former }: Wanted, stored: StoredSession): boolean {

  if (!assigned) return false;
  if (cleared || stored.kind !== 'live') return true;
  const before = stored.user ?? former;
  return before !== undefined && user !== undefined && user !== before;

}

/** Returns the user of a stored session, also if only its values name one; null if there is none or it is unknown. */
export function knownUser(stored: StoredSession, userOf: UserReader | undefined): string | null {

  if (stored.kind !== 'live') return null;
  return stored.user ?? (userOf && namedBy(stored.texts, userOf)) ?? null;

}

/** Returns the user whom texts name; undefined if they name something that can't be a user. */
function namedBy(texts: SessionTexts, userOf: UserReader): string | null | undefined {

  try {
    return userOf(fromTexts(texts));
  } catch {
    return undefined;
  }

}
