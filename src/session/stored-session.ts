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

/** A live session, with what storing it takes. */
export interface LiveStored {
  readonly kind: 'live';
  readonly id: string;
  readonly texts: SessionTexts;
  /** Undefined after a change of our own, whose version the store did not say. */
  readonly version: string | number | undefined;
  /** When the session ends if it is not used, in milliseconds, as {@link Lifetimes.now} counts them. */
  readonly endsAt: number;
  /** What the store keeps of it beside its values, if it keeps that. */
  readonly info: Info | undefined;
  /** Null for an anonymous session. */
  readonly user: string | null;
  /** It was found by the id before its own: the browser does not know its id yet. */
  readonly forwarded?: boolean;
}

/** The id was moved or ended less than {@link RETIRED_FOR} seconds ago. */
export interface RetiredStored {
  readonly kind: 'retired';
  readonly id: string;
  readonly moved: boolean;
  /** The session was alive when the request began, which may hold its values still. */
  readonly late?: boolean;
  /** What the session is where it was moved to, if the store says so. */
  readonly info?: Info | undefined;
}

/** The user's session had this id before a renewal, longer ago than that. */
export interface ReusedStored {
  readonly kind: 'reused';
  readonly id: string;
  readonly user: string;
}

export const NOTHING: NoSession = { kind: 'none' };

/** The values that were loaded, as texts; none where no session lives. */
export function textsOf(stored: { readonly kind: StoredSession['kind']; readonly texts?: SessionTexts }): SessionTexts {

  return stored.texts ?? NO_TEXTS;

}

/** A session that was stored at this moment, with the lifetime that it gets by itself. */
export function justStored(
  { id, texts, info, version }: Pick<LiveStored, 'id' | 'texts' | 'info'> & Partial<Pick<LiveStored, 'version'>>, lifetimes: Lifetimes,
): LiveStored {

  return { kind: 'live', id, texts, version, endsAt: lifetimes.endAfter(lifetimes.left(info)), info, user: info?.user ?? null };

}
