import type { Lifetimes } from '../info/lifetimes.js';
import type { UserSettings } from '../info/user-options.js';
import type { Due } from '../session/named-change.js';
import type { Session } from '../session/session.js';
import type { StoredSession } from '../session/stored-session.js';
import type { Wanted } from '../session/wanted.js';
import type { TimedStore } from '../wrapping/timed-store.js';
import type { RecentTimes } from './recent-times.js';
import type { UpdateQueue } from './update-queue.js';

/** What the response must do with the cookie. */
export type CookieAction = 'keep' | 'set' | 'clear';

/** What all requests of one middleware share. */
export interface Shared {
  readonly store: TimedStore;
  readonly lifetimes: Lifetimes;
  readonly updates: UpdateQueue;
  readonly settings: StepSettings;
  /** Uses of sessions without a touch; undefined unless they can decide which session ends. */
  readonly uses?: RecentTimes | undefined;
  /** Users with so many sessions that sign-ins do not search them, if there is no limit. */
  readonly crowds: RecentTimes;
  /** Says whether an id will be recognised when the browser sends it back. */
  readonly isUsable: (id: string) => boolean;
}

/** The settings that decide what is stored. */
export interface StepSettings extends UserSettings {
  /** The name of the session's cookie, kept with the session; undefined for the default name, or if the store keeps only values. */
  readonly cookieMark: string | undefined;
  readonly maxBytes: number;
}

/** What acts of storing must know of a request, as it is at the moment. */
export interface Visit {
  readonly session: Session;
  readonly shared: Shared;
  /** When the request began, in milliseconds of `Lifetimes.now()`; undefined without the option `user`. */
  readonly began: number | undefined;
  /** Whether the request counts as use of the session. */
  readonly isUse: boolean;
  /** Why the response can't carry a cookie; undefined if it can. */
  readonly noCookie: string | undefined;
  /** Finds the secret of the form that the request was sent from, if any; undefined without the option `user`. */
  formSecret(): string | undefined;
}

/** One act of storing. */
export interface Save {
  readonly visit: Visit;
  readonly session: Session;
  readonly shared: Shared;
  /** When the act began, in milliseconds of `Lifetimes.now()`. */
  readonly now: number;
  /** The session in the store when the act began, as far as the request knows. */
  readonly stored: StoredSession;
  /** What the request asks for. */
  readonly wanted: Wanted;
  /** What the session needs even if it was only read. */
  readonly due: Due;
  /** The version that the change applies to; undefined for any. */
  readonly version?: string | number | undefined;
}
