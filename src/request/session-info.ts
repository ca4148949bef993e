import { unixTime } from '../base/time.js';
import type { SessionMetadata } from '../base/user-session.js';
import type { StoredSession } from '../session/stored-session.js';
import type { Shared } from '../steps/save.js';

/** Everything known of a session beside its values. Times are Unix timestamps in seconds. */
export interface SessionInfo {
  /** The public name of the session. It may be shown and logged, and stays the same when the session gets another id. */
  readonly handle: string;
  /** The user, as the option `user` reads it from the values. */
  readonly user: string | null;
  /** When it began, or its user signed in; null if the store does not know. */
  readonly createdAt: number | null;
  /** When its user last proved who they are (OWASP ASVS 5.0, 7.5.1). */
  readonly authenticatedAt: number | null;
  /** When it ends if it is not used. */
  readonly expiresAt: number;
  /** When it ends however often it is used; null for never. */
  readonly absoluteExpiresAt: number | null;
  /** Whether its cookie outlives the browser's session. */
  readonly persistent: boolean;
  readonly metadata: SessionMetadata;
}

/** Describes a stored session; returns null if it is not live. */
export function sessionInfo(stored: StoredSession, { store, lifetimes }: Shared): SessionInfo | null {

  if (stored.kind !== 'live') return null;
  const { id, user, info, endsAt } = stored;
  const { created = null, authenticated = null, endsAt: deadline = null, metadata = {} } = info?.details ?? {};
  const expiresAt = unixTime() + (endsAt - lifetimes.now()) / 1000;
  return {
    handle: store.handleOf(id),
    user,
    createdAt: created,
    authenticatedAt: authenticated,
    expiresAt: deadline === null ? expiresAt : Math.min(expiresAt, deadline),
    absoluteExpiresAt: deadline,
    persistent: lifetimes.isPersistent(info),
    metadata,
  };

}
