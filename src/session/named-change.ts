import type { SessionChange, SessionTexts } from '../base/store.js';
import type { RegenerationReason } from '../events/session-events.js';
import type { StoredSession } from './stored-session.js';

/** What a request did to its session. */
export type NamedChange =
  | { readonly name: 'none' }
  | { readonly name: 'touch'; readonly id: string }
  | { readonly name: 'create'; readonly texts: SessionTexts }
  | ({ readonly name: 'update'; readonly id: string } & SessionChange)
  | Regeneration
  | Replacement
  | { readonly name: 'destroy'; readonly id: string }
  /** A change of a session that had moved or ended before the request began. */
  | { readonly name: 'refuse' };

/** The session gets a new id, and its values a change. */
export interface Regeneration extends SessionChange {
  readonly name: 'regenerate';
  readonly id: string;
  readonly reason: RegenerationReason;
}

/** The user has changed: the session ends, and another begins with the values that this request has set. */
export interface Replacement {
  readonly name: 'replace';
  readonly id: string;
  readonly texts: SessionTexts;
}

/** What a live session needs even if it was only read. */
export interface Due {
  /** To be prolonged. */
  readonly touch: boolean;
  /** Another id, since it has had this one for long enough. */
  readonly renewal?: boolean;
  /** Another id before any change, since the former one still leads to the session. */
  readonly withdrawal?: boolean;
  /** A record of its user, if its stored values name one and the store does not know. */
  readonly binding?: boolean;
}

/** The decision of a request, for its event. */
export interface Decision {
  readonly change: NamedChange;
  readonly before: StoredSession;
  /** Seconds until the session would be refreshed. */
  readonly refreshDueIn: number;
}
