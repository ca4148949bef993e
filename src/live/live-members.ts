import { SessionEndedError, type SessionEndReason } from '../base/errors.js';
import { type ContextMembers, method } from '../request/attach-session.js';
import type { RequestSession } from '../request/request-session.js';
import { SESSION_ENDED } from '../request/web-socket.js';
import { endOf, type LiveStored } from '../session/stored-session.js';
import { liveSessionsOf } from './live-sessions.js';
import type { OpenSession, Watcher } from './open-session.js';
import { whenOver } from './when-over.js';

/** `ctx.sessionSignal`. */
export const liveMembers: ContextMembers = {
  sessionSignal: method('sessionSignal', signalOf),
};

/** The signal that a request has got, and the session that fires it. */
interface Given {
  readonly signal: AbortSignal;
  readonly session: OpenSession | null;
}

const given = new WeakMap<RequestSession, Given>();

/** A controller exists for as long as its signal is used. */
const controllers = new WeakMap<AbortSignal, AbortController>();

const MESSAGES: Readonly<Record<SessionEndReason, string>> = {
  'signed-out': 'The visitor has signed out',
  'revoked': 'The session was revoked',
  'expired': 'The session has expired',
  'limit': 'The session was ended because its user has begun others',
};

function signalOf(request: RequestSession): AbortSignal {

  request.use();
  const stored = storedSession(request);
  const before = given.get(request);
  if (before && isOf(before.session, stored, request)) return before.signal;
  const controller = new AbortController();
  const { signal } = controller;
  controllers.set(signal, controller);
  const ended = stored ? null : endBefore(request);
  if (ended) controller.abort(errorOf(ended));
  given.set(request, { signal, session: stored && watchFor(request, stored, controller) });
  return signal;

}

/** Returns the session that the request has, or had until it ended it. */
function storedSession({ session: { stored, foundByCookie } }: RequestSession): LiveStored | null {

  if (stored.kind === 'live') return stored;
  return foundByCookie.kind === 'live' ? foundByCookie : null;

}

/** Says why the session is over that the request's id once had; null if it is not, since a moved one lives on. */
function endBefore({ found }: RequestSession): SessionEndReason | null {

  const end = endOf(found);
  return end === 'moved' ? null : end;

}

function isOf(session: OpenSession | null, stored: LiveStored | null, { shared: { store } }: RequestSession): boolean {

  return session && stored ? session.handles.includes(store.handleOf(stored.id)) : session === stored;

}

function watchFor(request: RequestSession, stored: LiveStored, controller: AbortController): OpenSession | null {

  return watch(request, stored, { ended: reason => controller.abort(errorOf(reason)) }, () => watcherOf(new WeakRef(controller.signal)));

}

/** Makes the watcher of a signal that no response or socket holds. */
function watcherOf(held: WeakRef<AbortSignal>): Watcher {

  return {
    ended(reason) {
      const signal = held.deref();
      if (signal) controllers.get(signal)?.abort(errorOf(reason));
    },
    get isGone() {
      return held.deref() === undefined;
    },
  };

}

function errorOf(reason: SessionEndReason): SessionEndedError {

  return new SessionEndedError(MESSAGES[reason], { reason });

}

/**
 * Closes the WebSocket of a request when its session ends.
 *
 * @returns whether it has ended already, so that the socket is closed now and needs no handler
 */
export function closeWithSession(request: RequestSession): boolean {

  const { http: { webSocket }, session: { stored } } = request;
  if (!webSocket) return false;
  const ended = endBefore(request);
  if (ended) webSocket.close(SESSION_ENDED, ended);
  if (stored.kind !== 'live') return ended !== null;
  const watcher: Watcher = { ended: reason => webSocket.close(SESSION_ENDED, reason) };
  watch(request, stored, watcher, () => watcher);
  return false;

}

/**
 * Watches a session until its response or socket is over.
 *
 * @param ifUnknown makes the watcher to use if no one can tell when that is
 */
function watch(
  { http, shared: { store, origin } }: RequestSession, { id, endsAt }: LiveStored, watcher: Watcher, ifUnknown: () => Watcher,
): OpenSession | null {

  const live = liveSessionsOf(store, origin);
  let session: OpenSession | undefined;
  const over = whenOver(http, () => session && live.release(session, watcher));
  if (over === 'over') return null;
  session = live.watch(id, endsAt, over === 'later' ? watcher : ifUnknown());
  return session;

}
