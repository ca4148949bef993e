import type { Context, Middleware } from '@curveball/kernel';
import { attachSession, detachSession } from './request/attach-session.js';
import { isSentTo } from './cookie/cookie-path.js';
import { CookieWarnings } from './cookie/cookie-warnings.js';
import { FormCookie } from './cookie/form-cookie.js';
import { type SessionOptions, settingsFrom } from './options.js';
import { warnIfMadePerRequest } from './per-request.js';
import { type Backend, RequestSession } from './request/request-session.js';
import { RecentUses } from './steps/recent-uses.js';
import type { Saving } from './steps/saving.js';
import { SchemaStore } from './schema/schema-store.js';
import { SessionCookie } from './cookie/session-cookie.js';
import { isPlausibleId } from './id/session-id.js';
import { warnOfSharedStore } from './shared-store.js';
import { adapted } from './wrapping/checked-store.js';
import { TimedStore } from './wrapping/timed-store.js';
import { UpdateQueue } from './steps/update-queue.js';
import { closingOnErrors } from './request/web-socket.js';

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

  const backend = backendFrom(options);
  const serves = warnIfMadePerRequest();

  const handle = async (ctx: Context, next: () => Promise<void>) => {

    // Also where a middleware further out covers the path: what comes after this one is not for its visitors.
    const request = new RequestSession(ctx, backend, !backend.covers(ctx.request.requestTarget));
    const outer = attachSession(ctx, request);
    request.outer = outer;

    try {
      const loading = request.load();
      if (loading) await loading;
      try {
        await next();
      } catch (error) {
        await finishQuietly(request);
        throw error;
      }
      const saving = request.finish();
      if (saving) await saving;
    } catch (error) {
      request.fail(error);
      throw error;
    } finally {
      detachSession(ctx, outer);
      request.tell();
    }

  };
  return (ctx, next) => {
    serves();
    return closingOnErrors(ctx, handle(ctx, next));
  };

}

/** Stores what a handler changed before it threw. Its own error is the one that the client must see. */
async function finishQuietly(request: RequestSession): Promise<void> {

  // A store that has just failed would keep the client waiting once more, and what has ended does not come back.
  if (request.session.failure) return;
  try {
    await request.finish();
  } catch (error) {
    request.fail(error);
  }

}

function backendFrom(options: SessionOptions): Backend & { covers(target: string): boolean } {

  const settings = settingsFrom(options);
  warnOfSharedStore(options, settings.cookieName);
  const inUse = () => settings.store.atomic ? settings.store : adapted(settings.store);
  const { schema, storeTimeout, cookieOptions: { path } } = settings;
  const store = schema ? new SchemaStore(inUse, storeTimeout, schema) : new TimedStore(inUse, storeTimeout);
  const cookie = new SessionCookie(settings);
  const isId = (text: string) => inUse().isSessionId?.(text) ?? isPlausibleId(text);
  const knowsLess = settings.maxUserSessions !== undefined && settings.touchInterval > 0;
  const saving: Saving = {
    store,
    updates: new UpdateQueue(storeTimeout),
    settings,
    now: () => performance.now(),
    uses: knowsLess ? new RecentUses() : undefined,
    crowds: new RecentUses(),
    isUsable: id => isId(id) && cookie.fits(id),
    canSetCookie: true,
  };
  return {
    cookie,
    cookieWarnings: new CookieWarnings(settings),
    cookieName: settings.cookieName,
    formCookie: new FormCookie(settings),
    isId,
    refusesForeignSessions: settings.userOf !== undefined,
    saving,
    savingWithoutCookie: { ...saving, canSetCookie: false },
    savingOutside: { ...saving, canSetCookie: false, whyNoCookie: `cookieOptions.path is ${path}, and this request is for another path: it has no session` },
    covers: target => path === '/' || isSentTo(target, settings.basePath, path),
  };

}
