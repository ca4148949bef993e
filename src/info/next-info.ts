import type { Authentication, Info, SessionDetails } from './session-details.js';

/** What a session becomes with a new id. */
export interface NextInfo {
  readonly user: string | null;
  /** Its user did not come by this request. */
  readonly isFound?: boolean | undefined;
  readonly given?: Authentication | undefined;
  /** The option. */
  readonly absoluteExpiry?: number | undefined;
  readonly origin?: string | undefined;
  readonly cookie?: string | undefined;
}

/**
 * @param before what it was; nothing for a new session
 * @param now Unix timestamp in seconds
 */
export function nextInfo(before: Info | undefined, next: NextInfo, now: number): Info {

  const { user, isFound, given, absoluteExpiry, origin, cookie } = next;
  const isNew = before === undefined || before.user !== user;
  const kept: Partial<SessionDetails> = isNew ? {} : before.details;
  // What was said of the session holds until something else is said.
  const {
    persistent = kept.persistent, expiry = kept.expiry, metadata = kept.metadata, absoluteExpiry: own = kept.absoluteExpiry,
    endsAt: until = kept.until,
  } = given ?? {};
  // NIST SP 800-63B-4, 5.2: only who proves himself again gets another full lifetime.
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

/** A time that differs by a microsecond from the one before, where the clock shows the same: which of two sessions began first decides which one ends. */
function inOrder(now: number): number {

  together = now === latest ? together + 1 : 0;
  latest = now;
  return now + together / 1e6;

}

function deadline(until: number | undefined, lifetime: number | undefined, now: number): number | undefined {

  const ends = [until, lifetime === undefined ? undefined : now + lifetime].filter(end => end !== undefined);
  return ends.length > 0 ? Math.min(...ends) : undefined;

}
