import { SessionStoreError } from '../base/errors.js';
import type { StoredInfo } from '../base/store.js';
import { NO_SECONDS } from '../base/time.js';
import type { SessionMetadata } from '../base/user-session.js';
import { publishFailed } from '../events/session-events.js';
import { isPlainObject } from '../values/session-values.js';

/*
 * The info that the middleware keeps of a session beside its values. It is written
 * together with an id and does not change while the session has that id, so two
 * requests never change it at the same time.
 */

/** The details of a session. Times are Unix timestamps in seconds. */
export interface SessionDetails {
  /** When it began, or its user signed in. */
  readonly created: number;
  /** Replaces `created` in the order of the user's sessions, if another one began at the same moment; later than `created`. */
  readonly turn?: number | undefined;
  /** When it got its current id. */
  readonly renewed: number;
  /** When its user last proved who they are. */
  readonly authenticated?: number | undefined;
  /** When it ends, however often it is used. */
  readonly endsAt?: number | undefined;
  /** When it ends because the handler said so, even if its user proves again who they are. */
  readonly until?: number | undefined;
  /** Seconds of inactivity after which it ends; undefined if the options decide. */
  readonly expiry?: number | undefined;
  /** Seconds from the last proof of its user's identity to its end, however often it is used; undefined if the options decide. */
  readonly absoluteExpiry?: number | undefined;
  /** Whether its cookie outlives the browser's session; undefined if the options decide. */
  readonly persistent?: boolean | undefined;
  /** Texts that the application shows in lists of sessions. */
  readonly metadata?: SessionMetadata | undefined;
  /** A name of the form or session that its user signed in from: the same for all clicks of one sign-in. */
  readonly origin?: string | undefined;
  /** The handle of the placeholder that its sign-in had before, if sign-ins are refused at the limit; its own if it is one. */
  readonly place?: string | undefined;
  /** The name of its cookie, if that is not the default. */
  readonly cookie?: string | undefined;
  /** The secret of its forms, sealed for its current id, if the library gave it that id unasked. */
  readonly form?: string | undefined;
  /** The same secret, sealed for the id before. */
  readonly formBefore?: string | undefined;
  /** A hash of the part that all its ids since the last change of rights have in common: {@link familyOf}. */
  readonly family?: string | undefined;
  /** The current id, sealed for whoever still sends the previous one. */
  readonly forward?: ForwardedId | undefined;
}

/** The id of a session, which only the holder of its former id can read. */
export interface ForwardedId {
  readonly sealed: string;
  /** Unix timestamp in seconds. */
  readonly until: number;
}

/** The user and details of a session. */
export interface Info {
  readonly user: string | null;
  readonly details: SessionDetails;
}

/**
 * The argument of `ctx.authenticated()`. A member that is left out keeps the value
 * that was given for this session before, until another user signs in.
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
   * The Unix timestamp, in seconds, after which this session is gone, even if its
   * user proves again who they are: for instance `exp` of an identity provider. If
   * `absoluteExpiry` ends the session earlier, that counts.
   */
  endsAt?: number | undefined;

  /**
   * Up to five texts that lists of sessions show: a device's label, a masked
   * address. They are cut to 100 characters each.
   */
  metadata?: SessionMetadata | undefined;

}

/** Brings info into the form that stores take, in printable ASCII. */
export function toStored({ user, details }: Info): StoredInfo {

  const json = JSON.stringify(details);
  // A store may be unable to keep other characters.
  return { user, details: json.replace(/[^\x20-\x7e]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`) };

}

/**
 * Reads info as a store returns it.
 *
 * @throws {SessionStoreError} if this middleware has not written it: a session must
 *   not live on without its deadline
 */
export function fromStored(stored: StoredInfo | undefined): Info | undefined {

  // A store may have null for nothing.
  if (stored === undefined || stored === null) return undefined;
  const { user, details } = stored;
  try {
    const read = JSON.parse(details) as SessionDetails;
    if ((user === null || typeof user === 'string') && isDetails(read)) return { user, details: read };
  } catch {
    // It is not JSON.
  }
  throw new SessionStoreError('The session store returned details of a session that this middleware has not written');

}

/**
 * Reads the details of one session among others. If that fails, returns null and
 * publishes the failure, since the other sessions must not be affected.
 */
export function readDetails(details: string): Partial<SessionDetails> | null {

  try {
    return fromStored({ user: null, details })?.details ?? {};
  } catch (error) {
    publishFailed(error as SessionStoreError, null);
    return null;
  }

}

function isDetails(read: SessionDetails): boolean {

  const {
    created, turn, renewed, authenticated, endsAt, until, expiry, absoluteExpiry, persistent, metadata, origin, place, cookie, form, formBefore, family, forward,
  } = read;
  const isTime = (value: unknown) => typeof value === 'number' && value >= 0 && value < NO_SECONDS;
  const isOptional = (value: unknown, is: (value: unknown) => boolean) => value === undefined || is(value);
  return isTime(created) && isTime(renewed)
    && [turn, authenticated, endsAt, until, expiry, absoluteExpiry].every(value => isOptional(value, isTime))
    && isOptional(persistent, value => typeof value === 'boolean')
    && [origin, place, cookie, form, formBefore, family].every(value => isOptional(value, each => typeof each === 'string'))
    && isOptional(metadata, value => isPlainObject(value) && Object.values(value).every(text => typeof text === 'string'))
    && isOptional(forward, isPlainObject);

}
