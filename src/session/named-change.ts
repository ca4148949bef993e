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

export interface Regeneration extends SessionChange {
  readonly name: 'regenerate';
  readonly id: string;
  readonly reason: RegenerationReason;
}

/** Another user: a session of its own, with what this request put in. */
export interface Replacement {
  readonly name: 'replace';
  readonly id: string;
  readonly texts: SessionTexts;
}

/** What a live session needs when it was only read. */
export interface Due {
  /** Its life is to be prolonged. */
  readonly touch: boolean;
  /** Its id is old enough for another. */
  readonly renewal?: boolean;
  /** The user can be recorded whom its values have named all along. */
  readonly binding?: boolean;
}

/** What was decided in a request, for its event. */
export interface Decision {
  readonly change: NamedChange;
  readonly before: StoredSession;
  /** Seconds until the session would be refreshed. */
  readonly refreshDueIn: number;
}
