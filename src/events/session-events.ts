import { channel } from 'node:diagnostics_channel';
import type { SessionStoreError } from '../base/errors.js';

/*
 * Events report what happens to sessions, for audits and debugging, on channels of
 * `node:diagnostics_channel`, which cost next to nothing without subscribers. They
 * name sessions by their handles, and contain no id, no token and no value.
 */

const PREFIX = 'curveball:session:';

const created = channel(`${PREFIX}created`);
const regenerated = channel(`${PREFIX}regenerated`);
const destroyed = channel(`${PREFIX}destroyed`);
const revoked = channel(`${PREFIX}revoked`);
const expired = channel(`${PREFIX}expired`);
const stale = channel(`${PREFIX}stale`);
const suspicious = channel(`${PREFIX}suspicious`);
const failed = channel(`${PREFIX}failed`);

/** Returns the handles of sessions; called only if there are subscribers. */
export interface Handles {
  handleOf(id: string): string;
}

/** `curveball:session:created`: a session was stored for the first time. */
export interface SessionCreated {
  readonly handle: string;
  readonly user: string | null;
}

export function publishCreated(id: string, user: string | null, handles: Handles): void {

  if (created.hasSubscribers) created.publish({ handle: handles.handleOf(id), user } satisfies SessionCreated);

}

/**
 * Why a session gets a new id: the handler asked for it, it becomes a user's,
 * its values named a user before the option `user` was set, or its id is old.
 */
export type RegenerationReason = 'asked' | 'user' | 'binding' | 'renewal';

/** `curveball:session:regenerated`: a session got another id. */
export interface SessionRegenerated {
  /** The handle before; the same as `handle` if the store keeps handles. */
  readonly formerHandle: string;
  readonly handle: string;
  readonly user: string | null;
  readonly reason: RegenerationReason;
}

export function publishRegenerated(
  [id, newId]: readonly [string, string], user: string | null, reason: RegenerationReason, handles: Handles,
): void {

  if (!regenerated.hasSubscribers) return;
  regenerated.publish({
    formerHandle: handles.handleOf(id), handle: handles.handleOf(newId), user, reason,
  } satisfies SessionRegenerated);

}

/** `curveball:session:destroyed`: a request ended its session. */
export interface SessionDestroyed {
  readonly handle: string;
  readonly user: string | null;
}

export function publishDestroyed(id: string, user: string | null, handles: Handles): void {

  if (destroyed.hasSubscribers) destroyed.publish({ handle: handles.handleOf(id), user } satisfies SessionDestroyed);

}

/** `curveball:session:revoked`: `UserSessions` ended sessions, or the option `endOnReuse` one. */
export interface SessionsRevoked {
  /** Null if every session in the store was ended. */
  readonly user: string | null;
  readonly handles: readonly string[];
}

export function publishRevoked(event: SessionsRevoked): void {

  if (revoked.hasSubscribers) revoked.publish(event);

}

/** `curveball:session:expired`: a request carried the id of a session whose time is over, and which the store still knew. */
export interface SessionExpired {
  readonly handle: string;
  readonly user: string | null;
}

export function publishExpired(id: string, user: string | null, handles: Handles): void {

  if (expired.hasSubscribers) expired.publish({ handle: handles.handleOf(id), user } satisfies SessionExpired);

}

/** `curveball:session:stale`: a change was refused with 409, since its session had ended or moved. */
export interface StaleWriteRefused {
  /** Null if the change was a sign-in that would have begun a new session. */
  readonly handle: string | null;
  readonly detail: string;
}

export function publishStale(id: string | null, detail: string, handles: Handles): void {

  if (stale.hasSubscribers) stale.publish({ handle: id === null ? null : handles.handleOf(id), detail } satisfies StaleWriteRefused);

}

/**
 * `curveball:session:suspicious`: a request carried an id that no session has.
 * `unknown`: the store does not know it, because it expired or was ended longer
 * ago, or was guessed. `retired`: it was moved or ended a moment ago. `reused`: a
 * user's session had it before a renewal, longer ago than that, and it or the id
 * after it may be stolen.
 */
export interface SuspiciousId {
  readonly handle: string;
  readonly reason: 'unknown' | 'retired' | 'reused';
}

export function publishSuspicious(id: string, reason: SuspiciousId['reason'], handles: Handles): void {

  if (suspicious.hasSubscribers) suspicious.publish({ handle: handles.handleOf(id), reason } satisfies SuspiciousId);

}

/** `curveball:session:failed`: the store failed, did not answer in time, or has a session that can't be read. */
export interface StoreFailed {
  readonly error: SessionStoreError;
}

/** Errors that were published: one error may pass several places. */
const published = new WeakSet<SessionStoreError>();

export function publishFailed(error: SessionStoreError): void {

  if (!failed.hasSubscribers || published.has(error)) return;
  published.add(error);
  failed.publish({ error } satisfies StoreFailed);

}
