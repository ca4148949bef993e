import type { NewInfo } from '../base/store.js';
import { unixTime } from '../base/time.js';
import { type Authentication, type Info, type SessionDetails, toStored } from '../info/session-details.js';
import type { Save, Shared } from './save.js';

/** What changes in a session's info when it gets a new id. */
export interface InfoChange {
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
 * Makes the info of a session with a new id.
 *
 * @param before its info until now; undefined for a new session
 * @param origin names the form or session that its user signed in from
 * @returns undefined if there is nothing to keep beside the values
 */
export function infoWithNewId(before: Info | undefined, { wanted, shared: { settings, store } }: Save, origin?: string): Info | undefined {

  const { absoluteExpiry, keepsInfo, cookieMark: cookie } = settings;
  const { authentication: given, isFound } = wanted;
  if (!keepsInfo && !cookie && !before && !(given && store.keepsInfo)) return undefined;
  // Undefined if the handler did not read the values, which then name the same user as before.
  const user = wanted.user === undefined ? before?.user ?? null : wanted.user;
  return infoAfter(before, { user, isFound, given, absoluteExpiry, origin, cookie }, unixTime());

}

/**
 * Makes the info of a session that gets a new id.
 *
 * @param before its info until now; undefined for a new session
 * @param now Unix timestamp in seconds
 */
export function infoAfter(before: Info | undefined, change: InfoChange, now: number): Info {

  const { user, isFound, given, absoluteExpiry, origin, cookie } = change;
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

/**
 * Brings a session's info into the form in which stores take it together with an id.
 *
 * @param began when the request that signs the user in began, in milliseconds of
 *   `Lifetimes.now()`; undefined if the session does not get a user now
 */
export function toNewInfo(info: Info | undefined, began: number | undefined, { lifetimes }: Shared): NewInfo | undefined {

  if (!info) return undefined;
  return {
    info: toStored(info),
    // A getter, since a store around another may read it late.
    get requestAge() {
      return began === undefined ? undefined : (lifetimes.now() - began) / 1000;
    },
  };

}
