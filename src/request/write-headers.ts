import type { HttpContext, NodeResponse, ResponseHeaders } from '../base/http.js';
import type { CookieWarnings } from '../cookie/cookie-warnings.js';
import type { SessionCookie } from '../cookie/session-cookie.js';
import type { Session } from '../session/session.js';
import type { CookieAction, Shared } from '../steps/save.js';

const CLEAR_SITE_DATA = 'Clear-Site-Data';

/** The session's cookie in a response, and what comes with it. */
export interface SentCookie {
  action: 'set' | 'clear';
  /** The number of cookies of our name in the response when they were last written. */
  written: number;
  /** Whether our `Clear-Site-Data` is in the response. */
  clearsSite: boolean;
}

/** A request whose response is written. */
export interface Answering {
  readonly http: HttpContext;
  readonly shared: CookieWriters;
  readonly session: Session;
  /** Whether browsers send no cookie of ours to its path. */
  readonly isOutside: boolean;
  /** The most that the response depends on, even if there is no session. */
  readonly dependsOn: 'nothing' | 'info' | 'session';
  /** Whether the handler is done, so that the response may be on its way. */
  readonly isFinished: boolean;
  /** Undefined while the response needs none. */
  sentCookie: SentCookie | undefined;
  /** What the request keeps beside its session; undefined if nothing. */
  readonly beside: { write(): boolean } | undefined;
  /** Writes the cookies of forms. Returns whether there were any. */
  writeForms(isBesideSession: boolean): boolean;
}

/** The part of what all requests of one middleware share that writes cookies. */
export interface CookieWriters extends Shared {
  readonly cookie: SessionCookie;
  readonly cookieWarnings: CookieWarnings;
  /** The value of `Clear-Site-Data` in a response that ends a session; undefined for no such header. */
  readonly clearSiteData: string | undefined;
}

/**
 * Writes the headers of a response: the cookies of the session, of forms and of
 * what is kept beside the session, and those that keep the response out of shared
 * caches. May be called again, because handlers may replace headers in the meantime.
 */
export function writeHeaders(action: CookieAction, request: Answering): void {

  if (hasLeft(request)) return;
  if (action !== 'keep') sendCookie(action, request);
  const { sentCookie } = request;
  if (sentCookie) writeCookie(sentCookie, request);
  const hasForms = request.writeForms(sentCookie?.action === 'set');
  const hasMore = request.beside?.write() === true;
  const hasCookie = hasForms || hasMore || sentCookie !== undefined;
  if (hasCookie || (request.dependsOn !== 'nothing' && !request.isOutside)) keepFromSharedCaches(request.http.response.headers, hasCookie);

}

/** Notes that the response must set or clear the cookie. */
export function sendCookie(action: SentCookie['action'], request: Pick<Answering, 'sentCookie'>): void {

  if (request.sentCookie) request.sentCookie.action = action;
  else request.sentCookie = { action, written: 0, clearsSite: false };

}

/** Whether the response's headers are sent. A body that is still streamed may use the session all the same. */
export function hasLeft({ http, isFinished }: Pick<Answering, 'http' | 'isFinished'>): boolean {

  // The kernel does not say, but the response of Node.js does.
  return isFinished && (http.response as { inner?: NodeResponse }).inner?.headersSent === true;

}

function writeCookie(sent: SentCookie, { http, shared, session }: Answering): void {

  const { action } = sent;
  const { request, response: { headers, origin } } = http;
  const { cookie, cookieWarnings, clearSiteData, lifetimes } = shared;
  const isHttps = origin.startsWith('https:');
  if (cookie.countIn(headers) > sent.written) cookieWarnings.replaced();
  // Taken back first, in case a session has begun since it was set.
  if (sent.clearsSite) headers.delete(CLEAR_SITE_DATA);
  sent.clearsSite = action === 'clear' && isEndOfVisit(session, shared) && !headers.has(CLEAR_SITE_DATA);
  if (sent.clearsSite) headers.set(CLEAR_SITE_DATA, clearSiteData as string);
  if (action === 'clear') {
    // The browser never got this cookie. It may have another one, which must stay.
    if (session.isNew) cookie.drop(headers);
    else cookie.clear(headers, isHttps);
    sent.written = session.isNew ? 0 : 1;
  } else if (session.stored.kind === 'live') {
    cookie.set(headers, session.stored.id, isHttps, lifetimes.cookieMaxAge(session.stored.info));
    cookieWarnings.check(origin, request.headers);
    sent.written = 1;
  }

}

/** Whether to ask the browser to remove the site's data. The end of a session without a user is not a sign-out. */
function isEndOfVisit({ isNew, foundByCookie }: Session, { clearSiteData, settings }: CookieWriters): boolean {

  if (clearSiteData === undefined || isNew) return false;
  return settings.userOf === undefined || foundByCookie.kind !== 'live' || foundByCookie.user !== null;

}

/**
 * Keeps a response that depends on the session out of shared caches, which would
 * show one visitor's page or cookie to another (RFC 9111 sections 3.5, 4.1 and 7.3).
 *
 * @param hasCookie whether the response carries our cookie, so that no cache may
 *   store it
 */
function keepFromSharedCaches(headers: ResponseHeaders, hasCookie: boolean): void {

  varyByCookie(headers);
  const control = headers.get('cache-control');
  if (hasCookie) {
    if (control === null || !/(^|[,\s])no-store($|[,\s])/i.test(control)) {
      headers.set('Cache-Control', 'no-store');
    }
  } else if (control === null) {
    headers.set('Cache-Control', 'private');
  }

}

function varyByCookie(headers: ResponseHeaders): void {

  const vary = headers.get('vary');
  if (vary === null || vary === '') {
    headers.set('Vary', 'Cookie');
  } else if (!/(^|[,\s])(\*|cookie)($|[,\s])/i.test(vary)) {
    headers.set('Vary', `${vary}, Cookie`);
  }

}
