import type { Context, Middleware } from '@curveball/kernel';
import { isSentTo } from './cookie/cookie-path.js';
import { CookieWarnings } from './cookie/cookie-warnings.js';
import { FormCookie } from './cookie/form-cookie.js';
import { SessionCookie } from './cookie/session-cookie.js';
import { csrfMembers } from './csrf/csrf-members.js';
import { RequestForms } from './csrf/request-forms.js';
import { Lifetimes } from './info/lifetimes.js';
import { type SessionOptions, settingsFrom } from './options.js';
import { warnIfMadePerRequest } from './per-request.js';
import { attachedTo, attachSession, detachSession, sessionMembers } from './request/attach-session.js';
import { type Backend, RequestSession } from './request/request-session.js';
import { closeSocket } from './request/web-socket.js';
import { writeHeaders } from './request/write-headers.js';
import { schemaStore } from './schema/schema-store.js';
import { warnOfSharedStore } from './shared-store.js';
import { decide } from './steps/decide.js';
import { loadSession } from './steps/load-session.js';
import { RecentUses } from './steps/recent-uses.js';
import { requestEvents } from './steps/request-event.js';
import { saveSession } from './steps/save-session.js';
import { UpdateQueue } from './steps/update-queue.js';
import { timedStore } from './wrapping/timed-store.js';

const members = { ...sessionMembers, ...csrfMembers };

/**
 * Makes the middleware that gives each request its session.
 *
 * It loads the session of the request's cookie, lets the handlers that come
 * after it change `ctx.session`, and stores what they changed, also when one of
 * them throws.
 *
 * @throws {TypeError} for a wrong option
 */
export default function session(options: SessionOptions): Middleware {

  const shared = sharedFrom(options);
  const { isOutside } = shared;
  const countRequest = warnIfMadePerRequest();

  const handle = async (ctx: Context, next: () => Promise<void>) => {

    const request = new RequestSession(ctx, shared, isOutside?.(ctx), attachedTo(ctx));
    attachSession(ctx, request, members);

    try {
      const ids = request.isOutside ? [] : shared.cookie.read(ctx.request.headers.get('cookie'), shared.store.isSessionId);
      const stored = loadSession(ids, shared);
      request.begin('kind' in stored ? stored : await stored);

      try {
        await next();
      } catch (error) {
        await storeQuietly(request);
        throw error;
      }

      const action = request.finish(save => saveSession(decide(save), save));
      if (action !== null) writeHeaders(typeof action === 'string' ? action : await action, request);
    } catch (error) {
      request.fail(error);
      throw error;
    } finally {
      detachSession(ctx, request);
      if (requestEvents.hasSubscribers) request.publish();
    }

  };

  return (ctx, next) => {
    countRequest?.();
    const { webSocket } = ctx;
    const handled = handle(ctx, next);
    return webSocket ? handled.catch(error => closeSocket(webSocket, error)) : handled;
  };

}

/** Stores what a handler changed before it threw. Its own error is the one that the client must see. */
async function storeQuietly(request: RequestSession): Promise<void> {

  // A store that has just failed would keep the client waiting once more, and what has ended does not come back.
  if (request.session.failure) return;
  try {
    const action = await request.finish(save => saveSession(decide(save), save));
    if (action !== null) writeHeaders(action, request);
  } catch (error) {
    request.fail(error);
  }

}

function sharedFrom(options: SessionOptions): Backend & { readonly isOutside: ((ctx: Context) => boolean) | undefined } {

  const settings = settingsFrom(options);
  const { schema, storeTimeout, cookieName, clearSiteData, basePath, cookieOptions: { path, sameSite } } = settings;
  warnOfSharedStore(options, cookieName);
  const timed = timedStore(settings.store, storeTimeout);
  const cookie = new SessionCookie(settings);
  const knowsLess = settings.maxUserSessions !== undefined && settings.touchInterval > 0;
  const forms = { formCookie: new FormCookie(settings), cookieName };
  return {
    store: schema ? schemaStore(timed, schema) : timed,
    lifetimes: new Lifetimes(settings),
    updates: new UpdateQueue(storeTimeout),
    settings,
    uses: knowsLess ? new RecentUses() : undefined,
    crowds: new RecentUses(),
    isUsable: id => timed.isSessionId(id) && cookie.fits(id),
    cookie,
    cookieWarnings: new CookieWarnings(settings),
    clearSiteData,
    refusesForeignSessions: settings.userOf !== undefined,
    sameSite,
    cookiePath: path,
    formsOf: request => new RequestForms(request, forms),
    // Also where a middleware further out covers the path: what comes after this one is not for its visitors.
    isOutside: path === '/' ? undefined : ({ request }) => !isSentTo(request.requestTarget, basePath, path),
  };

}
