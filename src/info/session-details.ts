import { SessionStoreError } from '../base/errors.js';
import type { StoredInfo } from '../base/store.js';
import { NO_SECONDS } from '../base/time.js';
import { publishFailed } from '../events/session-events.js';
import { isPlainObject } from '../values/session-values.js';

/*
 * What the middleware keeps of a session beside its values. It is written with
 * an id and holds as long as the session has that id, so two requests can't
 * change it at the same time.
 */

/** The details of a session. Times are Unix timestamps in seconds. */
export interface SessionDetails {
  /** When it began, or its user signed in. */
  readonly created: number;
  /** Its place among the sessions of its user, where another one began at the same moment: later than `created`. */
  readonly turn?: number | undefined;
  /** When it got the id that it has. */
  readonly renewed: number;
  /** When its user last proved who they are. */
  readonly authenticated?: number | undefined;
  /** When it ends, however often it is used. */
  readonly endsAt?: number | undefined;
  /** When it ends by what the handler said, whoever proves himself again. */
  readonly until?: number | undefined;
  /** Its own seconds of inactivity. */
  readonly expiry?: number | undefined;
  /** Its own seconds however often it is used, since its user last proved who they are. */
  readonly absoluteExpiry?: number | undefined;
  /** Whether its cookie outlives the browser's session; where it is not said, the options decide. */
  readonly persistent?: boolean | undefined;
  /** What the application wants to show of it. */
  readonly metadata?: SessionMetadata | undefined;
  /** A name of what its user signed in from, a form or another session, if this one did not come of it. */
  readonly origin?: string | undefined;
  /** The name of its cookie, where that is not the default. */
  readonly cookie?: string | undefined;
  /** The secret of its forms, sealed for the id that it has; where it had another id and got this one unasked. */
  readonly form?: string | undefined;
  /** The same for the id before. */
  readonly formBefore?: string | undefined;
  /** A hash of the part that all ids since the last change of rights have in common: {@link familyOf}. */
  readonly family?: string | undefined;
  /** The current id, sealed for whoever still sends the previous one. */
  readonly forward?: ForwardedId | undefined;
}

/** A few short texts about a session, such as a device's label: for lists of sessions, not for decisions. */
export interface SessionMetadata {
  readonly [name: string]: string;
}

/** The id of a session, readable for who has its former id. */
export interface ForwardedId {
  readonly sealed: string;
  /** Unix timestamp in seconds. */
  readonly until: number;
}

/** What a session is, beside its values. */
export interface Info {
  readonly user: string | null;
  readonly details: SessionDetails;
}

/**
 * What a handler says when a user has proved who they are. What it does not name
 * stays as it was said before of this session, until another user signs in.
 */
export interface Authentication {

  /** Whether the cookie outlives the browser's session ("remember me"); at first as `cookieOptions.maxAge` says. */
  persistent?: boolean | undefined;

  /** The seconds of inactivity after which this session is gone; at first as the option `expiry` says. */
  expiry?: number | undefined;

  /**
   * The seconds after which this session is gone, however often it is used; at
   * first as the option of this name says. They count from each time that the
   * user proves who they are.
   */
  absoluteExpiry?: number | undefined;

  /**
   * The Unix timestamp, in seconds, after which this session is gone, however
   * often its user proves himself: for instance `exp` of an identity provider.
   * The earlier of the two counts.
   */
  endsAt?: number | undefined;

  /**
   * Up to five texts that lists of sessions show: a device's label, a masked
   * address. They are cut to 100 characters each.
   */
  metadata?: SessionMetadata | undefined;

}

export function toStored({ user, details }: Info): StoredInfo {

  const json = JSON.stringify(details);
  // A store may have no place for other characters.
  return { user, details: json.replace(/[^\x20-\x7e]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`) };

}

/** @throws {SessionStoreError} for what was not written by this middleware: a session without its deadline must not live */
export function fromStored(stored: StoredInfo | undefined): Info | undefined {

  if (stored === undefined) return undefined;
  const { user, details } = stored;
  try {
    const read = JSON.parse(details) as SessionDetails;
    if ((user === null || typeof user === 'string') && isDetails(read)) return { user, details: read };
  } catch {
    // It is no JSON.
  }
  throw new SessionStoreError('The session store returned details of a session that this middleware has not written');

}

/**
 * The details of one session among others, which it must not stand in the way
 * of: null where they can't be read, which is told to those who listen.
 */
export function readDetails(details: string): Partial<SessionDetails> | null {

  try {
    return fromStored({ user: null, details })?.details ?? {};
  } catch (error) {
    publishFailed(error as SessionStoreError);
    return null;
  }

}

function isDetails(read: SessionDetails): boolean {

  const {
    created, turn, renewed, authenticated, endsAt, until, expiry, absoluteExpiry, persistent, metadata, origin, cookie, form, formBefore, family, forward,
  } = read;
  const isTime = (value: unknown) => typeof value === 'number' && value >= 0 && value < NO_SECONDS;
  const isOptional = (value: unknown, is: (value: unknown) => boolean) => value === undefined || is(value);
  return isTime(created) && isTime(renewed)
    && [turn, authenticated, endsAt, until, expiry, absoluteExpiry].every(value => isOptional(value, isTime))
    && isOptional(persistent, value => typeof value === 'boolean')
    && [origin, cookie, form, formBefore, family].every(value => isOptional(value, each => typeof each === 'string'))
    && isOptional(metadata, value => isPlainObject(value) && Object.values(value).every(text => typeof text === 'string'))
    && isOptional(forward, isPlainObject);

}
