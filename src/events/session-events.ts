import { channel } from 'node:diagnostics_channel';
import type { SessionStoreError } from '../base/errors.js';
import type { Loaded } from '../steps/load-session.js';
import type { NamedChange, RegenerationReason } from '../session/session-change.js';

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
const request = channel(`${PREFIX}request`);

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

/** `curveball:session:regenerated`: a session got another id. */
export interface SessionRegenerated {
  /** The handle before; the same as `handle` if the store keeps handles. */
  readonly formerHandle: string;
  readonly handle: string;
  readonly user: string | null;
  /**
   * `asked`: a handler asked for it. `user`: the session became a user's.
   * `binding`: its values already named a user when the option `user` was not yet
   * set. `renewal`: the id was old.
   */
  readonly reason: RegenerationReason;
}

export function publishRegenerated(id: string, newId: string, user: string | null, reason: RegenerationReason, handles: Handles): void {

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

/** `curveball:session:request`: what was decided at the end of a request, and why. */
export interface RequestDecided {
  /** The handle of the session that is stored after the request; null if there is none. */
  readonly handle: string | null;
  readonly decision: NamedChange['name'];
  readonly reason: string;
}

/** What the event of a request is made from. */
export interface Decision {
  readonly change: NamedChange;
  readonly before: Loaded;
  /** Seconds until the session would be refreshed. */
  readonly refreshDueIn: number;
}

export function hasRequestSubscribers(): boolean {

  return request.hasSubscribers;

}

/** @param failure why the decision was not carried out, if it was not */
export function publishRequest(decision: Decision | undefined, failure: string | undefined, id: string | null, handles: Handles): void {

  request.publish({
    handle: id === null ? null : handles.handleOf(id),
    decision: decision?.change.name ?? 'none',
    reason: failure ?? (decision ? reasonOf(decision) : 'no session, and nothing to store'),
  } satisfies RequestDecided);

}

function reasonOf({ change, before, refreshDueIn }: Decision): string {

  switch (change.name) {
    case 'none':
      if (before.kind === 'none') return 'no session, and nothing to store';
      if (before.kind === 'reused') return 'the id is one from before a renewal, and nothing is to be stored';
      if (before.kind === 'retired') return 'the id was moved or ended a moment ago, and nothing is to be stored';
      return `unchanged; the next refresh is due in ${Math.max(0, Math.ceil(refreshDueIn))} s`;
    case 'touch': return 'unchanged; a refresh was due';
    case 'create': return `${change.texts.size} keys for a new session`;
    case 'update': return `changed: ${change.set.size} keys set, ${change.unset.length} removed`;
    case 'regenerate': return { asked: 'a new id was asked for', user: 'a user signed in', binding: 'its values named a user already', renewal: 'the id was old' }[change.reason];
    case 'replace': return 'the user is another one';
    case 'destroy': return 'the session was cleared, or nothing was left in it';
    case 'refuse': return 'the session had ended or moved before the request began';
  }

}
