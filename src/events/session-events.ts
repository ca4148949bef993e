import { channel } from 'node:diagnostics_channel';
import type { SessionStoreError } from '../base/errors.js';
import type { EndReason } from '../base/store.js';

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
const limit = channel(`${PREFIX}limit`);
const stale = channel(`${PREFIX}stale`);
const suspicious = channel(`${PREFIX}suspicious`);
const failed = channel(`${PREFIX}failed`);

/** Where events come from. Asked only if there are subscribers. */
export interface EventSource {
  handleOf(id: string): string;
  /** The name of the cookie of the middleware; null outside of requests. */
  readonly cookieName: string | null;
}

/** What the events of a middleware have in common. */
export interface OfMiddleware {
  /** The name of the cookie, which tells the session middlewares of a process apart; null outside of requests. */
  readonly cookieName: string | null;
}

/** `curveball:session:created`: a session was stored for the first time. */
export interface SessionCreated extends OfMiddleware {
  readonly handle: string;
  readonly user: string | null;
}

export function publishCreated(id: string, user: string | null, { handleOf, cookieName }: EventSource): void {

  if (created.hasSubscribers) created.publish({ handle: handleOf(id), user, cookieName } satisfies SessionCreated);

}

/**
 * Why a session gets a new id: the handler asked for it, it becomes a user's,
 * its values named a user before the option `user` was set, or its id is old.
 */
export type RegenerationReason = 'asked' | 'user' | 'binding' | 'renewal';

/** `curveball:session:regenerated`: a session got another id. */
export interface SessionRegenerated extends OfMiddleware {
  /** The handle before; the same as `handle` if the store keeps handles. */
  readonly formerHandle: string;
  readonly handle: string;
  readonly user: string | null;
  readonly reason: RegenerationReason;
}

export function publishRegenerated(
  [id, newId]: readonly [string, string], user: string | null, reason: RegenerationReason, { handleOf, cookieName }: EventSource,
): void {

  if (!regenerated.hasSubscribers) return;
  regenerated.publish({
    formerHandle: handleOf(id), handle: handleOf(newId), user, reason, cookieName,
  } satisfies SessionRegenerated);

}

/** `curveball:session:destroyed`: a request ended its session, or another session of its user, or `endSession()` an anonymous one. */
export interface SessionDestroyed extends OfMiddleware {
  readonly handle: string;
  readonly user: string | null;
  /**
   * `signed-out`, also for an anonymous session that was cleared; `limit` if the user
   * had too many sessions; `revoked` if the user's sessions were ended during the sign-in,
   * or by `endSession()`.
   */
  readonly reason: EndReason;
}

export function publishDestroyed(id: string, user: string | null, reason: EndReason, source: EventSource): void {

  if (destroyed.hasSubscribers) publishEnded([source.handleOf(id)], user, reason, source);

}

/** @param handles of sessions that were ended, each of which gets an event */
export function publishEnded(handles: readonly string[], user: string | null, reason: EndReason, { cookieName }: OfMiddleware): void {

  if (!destroyed.hasSubscribers) return;
  for (const handle of handles) destroyed.publish({ handle, user, reason, cookieName } satisfies SessionDestroyed);

}

/** `curveball:session:revoked`: `UserSessions` or `endSession()` ended sessions of a user, or the option `endOnReuse` one. */
export interface SessionsRevoked extends OfMiddleware {
  /** Null if every session in the store was ended. */
  readonly user: string | null;
  readonly handles: readonly string[];
}

export function publishRevoked(event: SessionsRevoked): void {

  if (revoked.hasSubscribers) revoked.publish(event);

}

/** `curveball:session:expired`: a request carried the id of a session whose time is over, and which the store still knew. */
export interface SessionExpired extends OfMiddleware {
  readonly handle: string;
  readonly user: string | null;
}

export function publishExpired(id: string, user: string | null, { handleOf, cookieName }: EventSource): void {

  if (expired.hasSubscribers) expired.publish({ handle: handleOf(id), user, cookieName } satisfies SessionExpired);

}

/** `curveball:session:limit`: a sign-in was refused with 409, since its user had as many sessions as `maxUserSessions` allows. */
export interface SignInRefused extends OfMiddleware {
  readonly user: string;
  /** How many sessions a user may have. */
  readonly limit: number;
}

export function publishLimit(user: string, most: number, { cookieName }: EventSource): void {

  if (limit.hasSubscribers) limit.publish({ user, limit: most, cookieName } satisfies SignInRefused);

}

/** `curveball:session:stale`: a change was refused with 409, since its session had ended or moved. */
export interface StaleWriteRefused extends OfMiddleware {
  /** Null if the change was a sign-in that would have begun a new session. */
  readonly handle: string | null;
  readonly detail: string;
}

export function publishStale(id: string | null, detail: string, { handleOf, cookieName }: EventSource): void {

  if (stale.hasSubscribers) stale.publish({ handle: id === null ? null : handleOf(id), detail, cookieName } satisfies StaleWriteRefused);

}

/**
 * `curveball:session:suspicious`: a request carried an id that no session has.
 * `unknown`: the store does not know it, because it expired or was ended longer
 * ago, or was guessed. `retired`: it was moved or ended a moment ago. `reused`: a
 * user's session had it before a renewal, longer ago than that, and it or the id
 * after it may be stolen.
 */
export interface SuspiciousId extends OfMiddleware {
  readonly handle: string;
  readonly reason: 'unknown' | 'retired' | 'reused';
}

export function publishSuspicious(id: string, reason: SuspiciousId['reason'], { handleOf, cookieName }: EventSource): void {

  if (suspicious.hasSubscribers) suspicious.publish({ handle: handleOf(id), reason, cookieName } satisfies SuspiciousId);

}

/** `curveball:session:failed`: the store failed, did not answer in time, or has a session that can't be read. */
export interface StoreFailed extends OfMiddleware {
  readonly error: SessionStoreError;
}

/** Errors that were published: one error may pass several places. */
const published = new WeakSet<SessionStoreError>();

export function publishFailed(error: SessionStoreError, cookieName: string | null): void {

  if (!failed.hasSubscribers || published.has(error)) return;
  published.add(error);
  failed.publish({ error, cookieName } satisfies StoreFailed);

}
