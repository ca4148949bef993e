import type { SessionTexts, SessionValues } from '../base/store.js';
import type { Authentication } from '../info/session-details.js';
import { fromTexts } from '../values/session-values.js';
import { difference, isEmpty } from '../values/texts-change.js';
import type { StoredSession } from './stored-session.js';

/** Reads from its values which user a session belongs to. */
export type UserReader = (values: SessionValues) => string | null;

/** What a request asks for: values, a new id, a user. */
export interface Wanted extends Claim {
  readonly texts: SessionTexts;
  /** `ctx.session` was given `null` or `{}`, and nothing was put in since. */
  readonly cleared: boolean;
  /** `ctx.sessionId` was given `null`. */
  readonly regenerate: boolean;
  /** The user has proved who they are. */
  readonly proved?: boolean;
  /** What `ctx.authenticated()` was given. */
  readonly authentication?: Authentication | undefined;
  /** `ctx.session` was given another object, or an update returned one. */
  readonly assigned?: boolean;
}

/** The user whom the values name. */
export interface Claim {
  /** Undefined where the values were not looked at: they name the same user as before. */
  readonly user?: string | null | undefined;
  /** The stored values named that user already: this request signs no one in. */
  readonly isFound?: boolean;
}

/**
 * The user whom the values name, and whether this request made them. Where
 * stored values name no user any more, since the schema or the application has
 * changed, the session keeps its user while it is only read.
 */
export function claimOf(
  user: string | null | undefined, texts: SessionTexts, stored: StoredSession, userOf: UserReader | undefined,
): Claim {

  if (!userOf || user === undefined || stored.kind !== 'live' || user === stored.user) return { user };
  if (user !== namedBy(stored.texts, userOf)) return { user };
  if (stored.user === null) return { user, isFound: true };
  return { user: user === null && isEmpty(difference(stored.texts, texts)) ? undefined : user };

}

/** The user of a stored session, also where only its values name one; null if it has none or the user is unknown. */
export function knownUser(stored: StoredSession, userOf: UserReader | undefined): string | null {

  if (stored.kind !== 'live') return null;
  return stored.user ?? (userOf && namedBy(stored.texts, userOf)) ?? null;

}

/** The user whom texts name; undefined where they name what can't be a user. */
function namedBy(texts: SessionTexts, userOf: UserReader): string | null | undefined {

  try {
    return userOf(fromTexts(texts));
  } catch {
    return undefined;
  }

}
