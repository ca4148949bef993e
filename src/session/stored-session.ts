import type { SessionTexts } from '../base/store.js';
import type { Lifetimes } from '../info/lifetimes.js';
import type { Info } from '../info/session-details.js';
import { NO_TEXTS } from '../values/session-values.js';

/** What a request knows of the session in the store. */
export type StoredSession = NoSession | LiveStored | RetiredStored | ReusedStored;

/** No cookie, or an id that the store does not know. */
export interface NoSession {
  readonly kind: 'none';
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
}

/** A user's session had this id before a renewal, more than {@link RETIRED_FOR} seconds ago. */
export interface ReusedStored {
  readonly kind: 'reused';
  readonly id: string;
  readonly user: string;
}

export const NOTHING: NoSession = { kind: 'none' };

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
