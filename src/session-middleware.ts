import type { Context, Middleware } from '@curveball/kernel';
import { SAFE_METHODS } from './base/http.js';
import type { LoadTerms } from './base/store.js';
import { csrfMembers } from './csrf/csrf-members.js';
import { exclusiveMembers } from './exclusive/exclusive-members.js';
import { flashMembers } from './flash/flash-members.js';
import { closeWithSession, liveMembers } from './live/live-members.js';
import type { SessionOptions } from './options.js';
import { warnIfMadePerRequest } from './per-request.js';
import { attachedTo, attachSession, detachSession, sessionMembers } from './request/attach-session.js';
import type { Beside } from './request/backend.js';
import { RequestSession } from './request/request-session.js';
import { closeSocket } from './request/web-socket.js';
import { writeHeaders } from './request/write-headers.js';
import { NOTHING } from './session/stored-session.js';
import { withFacts } from './session-facts.js';
import { sharedFrom } from './shared-by-requests.js';
import { decide } from './steps/decide.js';
import { loadSession } from './steps/load-session.js';
import { requestEvents } from './steps/request-event.js';
import type { Save } from './steps/save.js';
import { saveSession } from './steps/save-session.js';

const members = { ...sessionMembers, ...csrfMembers, ...exclusiveMembers, ...flashMembers, ...liveMembers };

/** Decides what a request did to its session, and carries it out. */
const decideAndSave = (save: Save) => saveSession(decide(save), save);

/**
 * Makes the middleware that gives each request its session.
 *
 * It loads the session that the request's cookie names, lets the handlers after it
 * change `ctx.session`, and stores their changes, even if one of them throws.
 *
 * @throws {TypeError} for a wrong option
 */
export default function session(options: SessionOptions): Middleware {

  const shared = sharedFrom(options);
  const countRequest = warnIfMadePerRequest();

  const handle = async (ctx: Context, next: () => Promise<void>) => {

    const request = new RequestSession(ctx, shared, shared.isOutsidePath?.(ctx.request.requestTarget), attachedTo(ctx));
    attachSession(ctx, request, members);

    try {
      const ids = shared.cookie.read(request.isOutside ? null : ctx.request.headers.get('cookie'), shared.store.isSessionId);
      // A store in memory answers without a promise. Then nothing waits.
      const stored = ids.length === 0 ? NOTHING : loadSession(ids, shared, loadTermsOf(ctx));
      request.begin('kind' in stored ? stored : await stored);
      if (shared.closeSockets && closeWithSession(request)) return;

      try {
        await next();
      } catch (error) {
        await storeQuietly(request);
        throw error;
      }

      const action = request.finish(decideAndSave);
      if (action !== null) writeHeaders(typeof action === 'string' ? action : await action, request);
      if (request.beside) await storeBeside(request.beside, request);
    } catch (error) {
      request.fail(error);
      throw error;
    } finally {
      detachSession(ctx, request);
      if (requestEvents.hasSubscribers) request.publish();
    }

  };

  const middleware: Middleware = (ctx, next) => {
    countRequest?.();
    const { webSocket } = ctx;
    const handled = handle(ctx, next);
    return webSocket ? handled.catch(error => closeSocket(webSocket, error)) : handled;
  };
  return withFacts(middleware, shared.facts);

}

const MAY_BE_CACHED: LoadTerms = { mayBeCached: true };

/**
 * A safe request may get a copy of the session. Any other, and a WebSocket, which
 * works with what it loaded for as long as it is open, reads the store.
 */
function loadTermsOf({ request, webSocket }: Context): LoadTerms | undefined {

  return SAFE_METHODS.has(request.method) && !webSocket ? MAY_BE_CACHED : undefined;

}

/** Stores what a handler changed before it threw. Throws nothing itself: the handler's error is the one to answer with. */
async function storeQuietly(request: RequestSession): Promise<void> {

  // A store that has just failed would only keep the client waiting again, and an ended session can't be changed.
  if (request.session.failure) return;
  try {
    const action = await request.finish(decideAndSave);
    if (action !== null) writeHeaders(action, request);
    if (request.beside) await storeBeside(request.beside, request);
  } catch (error) {
    request.fail(error);
  }

}

/** Stores what the request keeps beside its session, after the session. */
async function storeBeside(beside: Beside, request: RequestSession): Promise<void> {

  if (request.isRefused) return;
  await beside.store();
  writeHeaders('keep', request);

}
