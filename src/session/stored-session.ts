import type { EndReason, SessionTexts } from '../base/store.js';
import type { Lifetimes } from '../info/lifetimes.js';
import type { Info } from '../info/session-details.js';
import { NO_TEXTS } from '../values/session-values.js';

/** What a request knows of the session in the store. */
export type StoredSession = NoSession | LiveStored | RetiredStored | ReusedStored;

/**
 * How the session of an id came to its end: its time was over; its visitor signed
 * out, or no reason is known; someone revoked it; its user had too many sessions; or
 * the visitor has another id or session by now.
 */
export type SessionEnd = 'expired' | EndReason | 'moved';

/** No cookie, or an id that leads nowhere. */
export interface NoSession {
  readonly kind: 'none';
  /** How the session of the id ended; undefined if none is known to have had it. */
  readonly ended?: SessionEnd;
}

/** A live session, with everything that a change of it needs. */
export interface LiveStored {
  readonly kind: 'live';
  readonly id: string;
  readonly texts: SessionTexts;
  /** Undefined after a change by this request: the store does not say the new version. */
  readonly version: string | number | undefined;
  /** When the session ends if it is not used, in milliseconds, as {@link Lifetimes.now} counts them. */
  readonly endsAt: number;
  /** The user and details, if the store keeps them. */
  readonly info: Info | undefined;
  /** Null for an anonymous session. */
  readonly user: string | null;
  /** Whether it was found by its former id, so that the browser does not know the new one yet. */
  readonly forwarded?: boolean;
}

/** The id was moved or ended less than {@link RETIRED_FOR} seconds ago. */
export interface RetiredStored {
  readonly kind: 'retired';
  readonly id: string;
  readonly moved: boolean;
  /** Whether the session was live when the request began, which may therefore still hold its values. */
  readonly wasLive?: boolean;
  /** The user and details of the moved session under its new id, if the store knows them. */
  readonly info?: Info | undefined;
  readonly reason?: EndReason | undefined;
}

/** A user's session had this id before a renewal, more than {@link RETIRED_FOR} seconds ago. */
export interface ReusedStored {
  readonly kind: 'reused';
  readonly id: string;
  readonly user: string;
}

export const NOTHING: NoSession = { kind: 'none' };

export const EXPIRED: NoSession = { kind: 'none', ended: 'expired' };

/** The session was ended just now, because a former id of it was used. */
export const REUSED_AND_ENDED: NoSession = { kind: 'none', ended: 'revoked' };

/** How the session ended that the request's cookie names; null if it has not, or there never was one. */
export function endOf(stored: StoredSession): SessionEnd | null {

  switch (stored.kind) {
    case 'none': return stored.ended ?? null;
    case 'live': return null;
    case 'retired': return stored.moved ? 'moved' : stored.reason ?? 'signed-out';
    // It lives on, under another id.
    case 'reused': return 'moved';
  }

}

/** Returns the loaded values, as texts; none if the session is not live. */
export function textsOf(stored: { readonly kind: StoredSession['kind']; readonly texts?: SessionTexts }): SessionTexts {

  return stored.texts ?? NO_TEXTS;

}

/**
 * Describes a session that was stored for its usual lifetime.
 *
 * @param now when that began, as {@link Lifetimes.now} counts
 */
export function justStored(
  { id, texts, info, version }: Pick<LiveStored, 'id' | 'texts' | 'info'> & Partial<Pick<LiveStored, 'version'>>, lifetimes: Lifetimes, now: number,
): LiveStored {

  return { kind: 'live', id, texts, version, endsAt: lifetimes.endAfter(lifetimes.left(info), now), info, user: info?.user ?? null };

}
