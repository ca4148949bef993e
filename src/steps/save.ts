import type { Lifetimes } from '../info/lifetimes.js';
import type { UserSettings } from '../info/user-options.js';
import type { Due } from '../session/named-change.js';
import type { Session } from '../session/session.js';
import type { StoredSession } from '../session/stored-session.js';
import type { Wanted } from '../session/wanted.js';
import type { TimedStore } from '../wrapping/timed-store.js';
import type { RecentUses } from './recent-uses.js';
import type { UpdateQueue } from './update-queue.js';

/** What the response must do with the cookie. */
export type CookieAction = 'keep' | 'set' | 'clear';

/** What all requests of one middleware share. */
export interface Shared {
  readonly store: TimedStore;
  readonly lifetimes: Lifetimes;
  readonly updates: UpdateQueue;
  readonly settings: StepSettings;
  /** Uses that the store was not told of; only where they can decide which session ends. */
  readonly uses?: RecentUses | undefined;
  /** Users with so many sessions that a sign-in without a limit does not look through them. */
  readonly crowds: RecentUses;
  /** Says whether an id will be recognised when the browser sends it back. */
  readonly isUsable: (id: string) => boolean;
}

/** The settings that decide what is stored. */
export interface StepSettings extends UserSettings {
  /** What is kept with a session to say whose cookie its id is; undefined for the default name, and where a store keeps only values. */
  readonly cookieMark: string | undefined;
  readonly maxBytes: number;
}

/** What a request brings to each act of storing. */
export interface Visit {
  readonly session: Session;
  readonly shared: Shared;
  /** When the request began, as `Lifetimes.now()` counts; only where a user may sign in. */
  readonly began: number | undefined;
  /** The secret of the form that the request was sent from, if it was sent from one; only where a user may sign in. */
  readonly formSecret: (() => string | undefined) | undefined;
  /** Whether the request counts as use of the session. */
  readonly isUse: boolean;
  /** Why the response can't carry a cookie, if it can't. */
  readonly noCookie: string | undefined;
}

/** One act of storing. */
export interface Save extends Visit {
  /** What is in the store as the act begins, as far as the request knows. */
  readonly stored: StoredSession;
  /** What the request asks for. */
  readonly wanted: Wanted;
  /** What the session needs if it was only read. */
  readonly due: Due;
  /** The version that is to be changed; undefined for any. */
  readonly version?: string | number | undefined;
}
