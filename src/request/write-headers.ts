import type { HttpContext } from '../base/http.js';
import type { CookieWarnings } from '../cookie/cookie-warnings.js';
import { keepFromSharedCaches } from '../cookie/response-caching.js';
import type { SessionCookie } from '../cookie/session-cookie.js';
import type { Session } from '../session/session.js';
import type { CookieAction, Shared } from '../steps/save.js';

const CLEAR_SITE_DATA = 'Clear-Site-Data';

/** What a response says of the session so far. */
export interface Answer {
  /** What the response does with the session's cookie. */
  action: CookieAction;
  /** How many cookies of our name it had when they were last written. */
  written: number;
  /** Whether it asks the browser to remove what it keeps of the site. */
  clearsSite: boolean;
}

/** A request whose response is written. */
interface Answering {
  readonly http: HttpContext;
  readonly shared: CookieWriters;
  readonly session: Session;
  readonly answer: Answer;
  /** Whether the response depends on the session, whether there is one or not. */
  readonly dependsOnSession: boolean;
  /** Whether the response is on its way. */
  readonly hasLeft: boolean;
  /** Writes the cookies of forms, and says whether there were any. */
  writeForms(isBesideSession: boolean): boolean;
}

/** What all requests of one middleware share for that. */
export interface CookieWriters extends Shared {
  readonly cookie: SessionCookie;
  readonly cookieWarnings: CookieWarnings;
  /** The header of the response that ends a session. */
  readonly clearSiteData: string | undefined;
}

/**
 * Writes the headers of a response: the cookies of the session and of forms, and
 * what keeps the response out of shared caches. May be called again, since the
 * handler may have replaced the headers in the meantime.
 */
export function writeHeaders(action: CookieAction, request: Answering): void {

  if (request.hasLeft) return;
  const { answer } = request;
  if (action !== 'keep') answer.action = action;
  if (answer.action !== 'keep') writeCookie(answer.action, request);
  const hasForms = request.writeForms(answer.action === 'set');
  const hasCookie = hasForms || answer.action !== 'keep';
  if (hasCookie || request.dependsOnSession) keepFromSharedCaches(request.http.response.headers, hasCookie);

}

function writeCookie(action: 'set' | 'clear', { http, shared, session, answer }: Answering): void {

  const { headers, origin } = http.response;
  const { cookie, cookieWarnings, clearSiteData, lifetimes } = shared;
  const isHttps = origin.startsWith('https:');
  if (cookie.countIn(headers) > answer.written) cookieWarnings.replaced();
  // What was asked for goes when a session has begun since.
  if (answer.clearsSite) headers.delete(CLEAR_SITE_DATA);
  answer.clearsSite = action === 'clear' && isEndOfVisit(session, shared) && !headers.has(CLEAR_SITE_DATA);
  if (answer.clearsSite) headers.set(CLEAR_SITE_DATA, clearSiteData as string);
  if (action === 'clear') {
    // The browser never got this cookie, and may have another one, which stays.
    if (session.isNew) cookie.drop(headers);
    else cookie.clear(headers, isHttps);
  } else if (session.stored.kind === 'live') {
    cookie.set(headers, session.stored.id, isHttps, lifetimes.cookieMaxAge(session.stored.info));
    cookieWarnings.check(origin, http.request.headers);
  }
  answer.written = cookie.countIn(headers);

}

/** Says whether the browser is asked to remove the site's data. The end of a session without a user is not a sign-out. */
function isEndOfVisit({ isNew, foundByCookie }: Session, { clearSiteData, settings }: CookieWriters): boolean {

  if (clearSiteData === undefined || isNew) return false;
  return settings.userOf === undefined || foundByCookie.kind !== 'live' || foundByCookie.user !== null;

}
