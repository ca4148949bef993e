import type { Authentication, Info, SessionDetails } from './session-details.js';

/** What to change in a session's info when it gets a new id. */
export interface NextInfo {
  readonly user: string | null;
  /** Whether the stored values named the user already, so that this request signs no one in. */
  readonly isFound?: boolean | undefined;
  /** The argument of `ctx.authenticated()`. */
  readonly given?: Authentication | undefined;
  /** The option of this name. */
  readonly absoluteExpiry?: number | undefined;
  readonly origin?: string | undefined;
  readonly cookie?: string | undefined;
}

/**
 * Makes the info of a session that gets a new id.
 *
 * @param before its info until now; undefined for a new session
 * @param now Unix timestamp in seconds
 */
export function nextInfo(before: Info | undefined, next: NextInfo, now: number): Info {

  const { user, isFound, given, absoluteExpiry, origin, cookie } = next;
  const isNew = before === undefined || before.user !== user;
  const kept: Partial<SessionDetails> = isNew ? {} : before.details;
  // What the handler said earlier holds until it says something else.
  const {
    persistent = kept.persistent, expiry = kept.expiry, metadata = kept.metadata, absoluteExpiry: own = kept.absoluteExpiry,
    endsAt: until = kept.until,
  } = given ?? {};
  // Only a new proof of identity gives another full lifetime (NIST SP 800-63B-4, 5.2).
  const endsAt = isNew || given ? deadline(until, own ?? absoluteExpiry, now) : kept.endsAt;
  const at = inOrder(now);
  const authenticated = given || (isNew && !isFound && user !== null) ? now : kept.authenticated;
  return {
    user,
    details: {
      created: kept.created ?? at, turn: kept.turn, renewed: at, authenticated, endsAt, until, expiry, absoluteExpiry: own, persistent, metadata,
      origin, cookie,
    },
  };

}

let latest = 0;
let together = 0;

/**
 * Returns `now`, plus a microsecond for each earlier call with the same time: the
 * order in which sessions began decides which of them ends.
 */
function inOrder(now: number): number {

  together = now === latest ? together + 1 : 0;
  latest = now;
  return now + together / 1e6;

}

function deadline(until: number | undefined, lifetime: number | undefined, now: number): number | undefined {

  const ends = [until, lifetime === undefined ? undefined : now + lifetime].filter(end => end !== undefined);
  return ends.length > 0 ? Math.min(...ends) : undefined;

}
