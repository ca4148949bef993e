import { SessionCookieError, SessionEndedError } from '../base/errors.js';
import { idleExpiry, lifetime } from '../info/lifetime.js';
import { type LoadedSession, unixTime } from './load-session.js';
import type { Settings } from '../options.js';
import { type Info, nextInfo, toStored } from '../info/session-details.js';
import type { RecentUses } from './recent-uses.js';
import type { Session, Wanted } from '../session/session.js';
import type { Due } from '../session/session-change.js';
import type { NewInfo, SessionTexts, UpdateTerms } from '../base/store.js';
import type { TimedStore } from '../wrapping/timed-store.js';
import type { UpdateQueue } from './update-queue.js';

/** What the response must do with the cookie. */
export type CookieAction = 'keep' | 'set' | 'clear';

/** What saving needs beside the session itself. */
export interface Saving {
  readonly store: TimedStore;
  readonly updates: UpdateQueue;
  readonly settings: Omit<Settings, 'store' | 'storeTimeout'>;
  /** The time in milliseconds, of a clock that never goes back. */
  readonly now: () => number;
  /** Uses that the store was not told of; only where they can decide which session ends. */
  readonly uses?: RecentUses | undefined;
  /** Users with so many sessions that a sign-in without a limit does not look through them. */
  readonly crowds: RecentUses;
  /** Says whether an id will be recognised when the browser sends it back. */
  readonly isUsable: (id: string) => boolean;
  /** Whether this response can carry a cookie: after a WebSocket's upgrade none can. */
  readonly canSetCookie: boolean;
  /** Why not, if not. */
  readonly whyNoCookie?: string;
}

/** The error of a change that found no session any more. */
export function tooLate(): SessionEndedError {

  return new SessionEndedError('The session had ended or had a new id before this request could change it');

}

/** The error of a sign-in that was overtaken: OWASP ASVS 5.0, 7.4.2. */
export function revoked(): SessionEndedError {

  return new SessionEndedError('The sessions of this user were ended while this request was under way');

}

/** The error of a sign-in whose session was ended by another one before it was answered. */
export function overtaken(): SessionEndedError {

  return new SessionEndedError('The session of this sign-in was ended while it began, most likely by another sign-in of its user');

}

/** @throws {SessionCookieError} where the response can't carry a cookie */
export function requireCookie({ canSetCookie, whyNoCookie }: Saving): void {

  if (canSetCookie) return;
  throw new SessionCookieError(
    whyNoCookie ?? 'No cookie can be sent any more, in a WebSocket or after the response has left: create or regenerate the session before',
  );

}

/** How long a session lives from now on, in seconds. */
export function lifeOf({ settings }: Saving, info: Info | undefined, touchInterval = settings.touchInterval): number {

  return lifetime(settings, info, info?.details.endsAt === undefined ? 0 : unixTime(), touchInterval);

}

/** A session that has just been stored. */
export function live(
  id: string, texts: SessionTexts, info: Info | undefined, saving: Saving, version?: string | number,
): LoadedSession {

  // What was stored in this second needs no refresh.
  const endsAt = saving.now() + (lifeOf(saving, info) + 1) * 1000;
  return { kind: 'live', id, texts, version, endsAt, info, user: info?.user ?? null };

}

/** What a session becomes that gets an id; nothing where there is nothing to keep. */
export function infoWithNewId(
  before: Info | undefined, wanted: Wanted, { settings, store }: Saving, origin?: string,
): Info | undefined {

  const { absoluteExpiry, keepsInfo, cookieMark: cookie } = settings;
  if (!keepsInfo && !cookie && !before && !(wanted.authentication && store.keepsInfo)) return undefined;
  // Values that nobody has looked at say what they said before.
  const user = wanted.user === undefined ? before?.user ?? null : wanted.user;
  const { authentication: given, isFound } = wanted;
  return nextInfo(before, { user, isFound, given, absoluteExpiry, origin, cookie }, unixTime());

}

/**
 * What the store is told of that.
 *
 * @param began since when the session is on its way to its user, in milliseconds
 *   of a clock that never goes back; nothing where it does not become a user's
 */
export function newInfo(info: Info | undefined, began: number | undefined, saving: Saving): NewInfo | undefined {

  if (!info) return undefined;
  return {
    info: toStored(info),
    // A store around another may call it late.
    get requestAge() {
      return began === undefined ? undefined : (saving.now() - began) / 1000;
    },
  };

}

/** What a session needs that was only read. */
export function whatIsDue(session: Session, saving: Saving): Due {

  const { stored } = session;
  if (stored.kind !== 'live') return { touch: false };
  const { renewal } = saving.settings;
  const renewed = stored.info?.details.renewed;
  const canMove = session.isUsed && saving.canSetCookie;
  return {
    // What stays empty goes by itself.
    touch: session.isUsed && isTouchDue(stored, saving) && stored.texts.size > 0,
    renewal: canMove && renewal !== undefined && renewed !== undefined && renewed + renewal <= unixTime(),
    binding: canMove,
  };

}

/**
 * On which terms a session is changed. It is prolonged, together with its entry
 * in an index, only as often as one that is only read: when it was prolonged
 * last is what says that its cookie and its entry are due.
 */
export function changeTerms(stored: LoadedSession, saving: Saving): Pick<UpdateTerms, 'lifetime' | 'user' | 'maxBytes'> {

  const { maxBytes } = saving.settings;
  return isTouchDue(stored, saving)
    ? { lifetime: lifeOf(saving, stored.info), user: stored.user ?? undefined, maxBytes }
    : { lifetime: lifeOf(saving, stored.info, 0), maxBytes };

}

// A cookie that ends by itself is sent anew as often as the session is refreshed.
export function isCookieDue(before: LoadedSession, saving: Saving): boolean {

  return isPersistent(before.info, saving) && isTouchDue(before, saving);

}

/** Whether the cookie of a session outlives the browser's own session. */
export function isPersistent(info: Info | undefined, { settings }: Saving): boolean {

  return info?.details.persistent ?? settings.cookieOptions.maxAge !== undefined;

}

/** Seconds until a session that is only read would be refreshed. */
export function refreshDueIn({ stored }: Session, { settings, now }: Saving): number {

  return stored.kind === 'live' ? (stored.endsAt - now()) / 1000 - idleExpiry(settings, stored.info) : 0;

}

function isTouchDue({ info, endsAt }: LoadedSession, { settings, now }: Saving): boolean {

  const left = endsAt - now();
  if (left > idleExpiry(settings, info) * 1000) return false;
  const deadline = info?.details.endsAt;
  // Near its deadline a session can't be prolonged by much: then it is left alone.
  return deadline === undefined || left + 1000 < lifetime(settings, info, unixTime()) * 1000;

}
