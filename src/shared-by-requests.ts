import { isSentTo } from './cookie/cookie-path.js';
import { CookieWarnings } from './cookie/cookie-warnings.js';
import { FormCookie } from './cookie/form-cookie.js';
import { SessionCookie } from './cookie/session-cookie.js';
import { RequestForms } from './csrf/request-forms.js';
import { FlashCookie } from './flash/flash-cookie.js';
import { RequestFlash } from './flash/request-flash.js';
import { Lifetimes } from './info/lifetimes.js';
import { type SessionOptions, settingsFrom } from './options.js';
import type { Backend } from './request/backend.js';
import { schemaStore } from './schema/schema-store.js';
import type { SessionFacts } from './session-facts.js';
import { warnOfSharedStore } from './shared-store.js';
import { RecentTimes } from './steps/recent-times.js';
import { UpdateQueue } from './steps/update-queue.js';
import { timedStore } from './wrapping/timed-store.js';

/** What all requests of one middleware share, made from its options. */
export interface SharedByRequests extends Backend {
  /** Tells whether browsers send no cookie of ours to a request's path; undefined if they send it to every path. */
  readonly isOutsidePath: ((target: string) => boolean) | undefined;
  /** Whether a WebSocket is closed when its session ends. */
  readonly closeSockets: boolean;
  /** What a test client finds on the middleware. */
  readonly facts: SessionFacts;
}

/**
 * Checks the options of a middleware, and makes what its requests share.
 *
 * @throws {TypeError} for a wrong option
 */
export function sharedFrom(options: SessionOptions): SharedByRequests {

  const settings = settingsFrom(options);
  const { schema, storeTimeout, cookieName, clearSiteData, basePath, passive, closeSockets, userOf, cookieOptions: { path, sameSite } } = settings;
  warnOfSharedStore(options, cookieName);
  const timed = timedStore(settings.store, storeTimeout, cookieName);
  const cookie = new SessionCookie(settings);
  const knowsLess = settings.maxUserSessions !== undefined && settings.touchInterval > 0;
  const forms = { formCookie: new FormCookie(settings), cookieName };
  const flash = { store: timed, cookie: new FlashCookie(settings), cookieName };
  return {
    store: schema ? schemaStore(timed, schema) : timed,
    lifetimes: new Lifetimes(settings),
    updates: new UpdateQueue(storeTimeout),
    settings,
    uses: knowsLess ? new RecentTimes() : undefined,
    crowds: new RecentTimes(),
    isUsable: id => timed.isSessionId(id) && cookie.fits(id),
    cookie,
    cookieWarnings: new CookieWarnings(settings),
    clearSiteData,
    closeSockets,
    sameSite,
    cookiePath: path,
    basePath,
    origin: settings.store,
    isPassive: passive,
    formsOf: request => new RequestForms(request, forms),
    besideOf: request => new RequestFlash(request, flash),
    // Such a path has no session even if an outer middleware covers it: handlers after this one must not use that one's.
    isOutsidePath: path === '/' ? undefined : target => !isSentTo(target, basePath, path),
    facts: { cookieName, cookiePath: path, basePath, userOf },
  };

}
