import type { StoredUserSession } from '../base/store.js';
import { LONGEST_LIFE } from '../base/time.js';
import type { UserSession } from '../base/user-session.js';
import { readDetails } from './session-details.js';

/**
 * Describes the live sessions of a user, the most recently used first. Sessions that
 * can't be read are left out, since no request can use them.
 */
export function listedSessions(stored: readonly StoredUserSession[], now: number): UserSession[] {

  return stored
    .flatMap(session => userSession(session, now) ?? [])
    .filter(({ expiresAt }) => expiresAt > now)
    .sort((a, b) => b.seenAt - a.seenAt);

}

function userSession({ handle, details, idle, remaining }: StoredUserSession, now: number): UserSession | null {

  const info = readDetails(details);
  // One that keeps a place for a sign-in has no device.
  if (!info || info.place === handle || !(remaining <= LONGEST_LIFE)) return null;
  const absoluteExpiresAt = info.endsAt ?? null;
  return {
    handle,
    createdAt: info.created ?? now - idle,
    authenticatedAt: info.authenticated ?? null,
    // Rounding in the store, and the time that its answer takes, must not put this before the sign-in.
    seenAt: Math.max(now - idle, info.created ?? 0, info.authenticated ?? 0),
    expiresAt: Math.min(now + remaining, absoluteExpiresAt ?? Infinity),
    absoluteExpiresAt,
    metadata: info.metadata ?? {},
  };

}
