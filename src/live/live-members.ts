import { SessionEndedError, type SessionEndReason } from '../base/errors.js';
import { type ContextMembers, method } from '../request/attach-session.js';
import type { RequestSession } from '../request/request-session.js';
import { SESSION_ENDED } from '../request/web-socket.js';
import type { LiveStored } from '../session/stored-session.js';
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
  given.set(request, { signal, session: stored && watchFor(request, stored, controller) });
  return signal;

}

/** Returns the session that the request has, or had until it ended it. */
function storedSession({ session: { stored, foundByCookie } }: RequestSession): LiveStored | null {

  if (stored.kind === 'live') return stored;
  return foundByCookie.kind === 'live' ? foundByCookie : null;

}

function isOf(session: OpenSession | null, stored: LiveStored | null, { shared: { store } }: RequestSession): boolean {

  return session && stored ? session.handles.includes(store.handleOf(stored.id)) : session === stored;

}

function watchFor(request: RequestSession, stored: LiveStored, controller: AbortController): OpenSession | null {

  return watch(request, stored, { ended: reason => controller.abort(endOf(reason)) }, () => watcherOf(new WeakRef(controller.signal)));

}

/** Makes the watcher of a signal that no response or socket holds. */
function watcherOf(held: WeakRef<AbortSignal>): Watcher {

  return {
    ended(reason) {
      const signal = held.deref();
      if (signal) controllers.get(signal)?.abort(endOf(reason));
    },
    get isGone() {
      return held.deref() === undefined;
    },
  };

}

function endOf(reason: SessionEndReason): SessionEndedError {

  return new SessionEndedError(MESSAGES[reason], { reason });

}

/** Closes the WebSocket of a request when its session ends. */
export function closeWithSession(request: RequestSession): void {

  const { http: { webSocket }, session: { stored } } = request;
  if (!webSocket || stored.kind !== 'live') return;
  const watcher: Watcher = { ended: reason => webSocket.close(SESSION_ENDED, reason) };
  watch(request, stored, watcher, () => watcher);

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
