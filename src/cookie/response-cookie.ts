import type { Context } from '@curveball/kernel';
import type { CookieWarnings } from './cookie-warnings.js';
import { isPersistent, lifeOf, type Saving } from '../steps/saving.js';
import type { Session } from '../session/session.js';
import type { SessionCookie } from './session-cookie.js';

const CLEAR_SITE_DATA = 'Clear-Site-Data';

/** What all requests of one middleware share of it. */
export interface CookieWriters {
  readonly cookie: SessionCookie;
  readonly cookieWarnings: CookieWarnings;
}

/** The session's cookie in one response, written as often as it changes. */
export class ResponseCookie {

  private written = 0;
  private clearsSite = false;

  constructor(private readonly ctx: Context, private readonly writers: CookieWriters) {}

  write(action: 'set' | 'clear', session: Session, saving: Saving): void {

    const { headers, origin } = this.ctx.response;
    const { cookie, cookieWarnings } = this.writers;
    const isHttps = origin.startsWith('https:');
    if (cookie.countIn(headers) > this.written) cookieWarnings.replaced();
    // What it asked for goes when a session has begun since.
    if (this.clearsSite) headers.delete(CLEAR_SITE_DATA);
    this.clearsSite = action === 'clear' && isEndOfVisit(session, saving) && !headers.has(CLEAR_SITE_DATA);
    if (this.clearsSite) headers.set(CLEAR_SITE_DATA, saving.settings.clearSiteData as string);
    if (action === 'clear') {
      // The browser may have another cookie than the one it never got.
      if (session.created) cookie.drop(headers);
      else cookie.clear(headers, isHttps);
    } else if (session.id !== null) {
      cookie.set(headers, session.id, isHttps, maxAgeOf(session, saving));
      cookieWarnings.check(origin, this.ctx.request.headers);
    }
    this.written = cookie.countIn(headers);

  }

}

/** Whether the browser is to forget what it has of the session: one without a user that is emptied is no sign-out. */
function isEndOfVisit({ created, loaded }: Session, { settings }: Saving): boolean {

  if (settings.clearSiteData === undefined || created) return false;
  return settings.userOf === undefined || loaded.kind !== 'live' || loaded.user !== null;

}

/**
 * What the session itself says of its cookie's life: a `Max-Age` in seconds,
 * null for none, or nothing. The cookie ends about when the session does (NIST
 * SP 800-63B-4, 5.1.1), and the server does not rely on it.
 */
function maxAgeOf({ stored }: Session, saving: Saving): number | null | undefined {

  if (stored.kind !== 'live' || !stored.info) return undefined;
  const { persistent, endsAt } = stored.info.details;
  if (persistent === undefined && endsAt === undefined) return undefined;
  if (!isPersistent(stored.info, saving)) return null;
  const life = Math.ceil(lifeOf(saving, stored.info));
  return persistent ? life : Math.min(life, saving.settings.cookieOptions.maxAge ?? life);

}
