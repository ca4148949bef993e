import type { Context } from '@curveball/kernel';
import type { CookieWarnings } from './cookie-warnings.js';
import { isPersistent, lifeOf, type Saving } from '../steps/saving.js';
import type { Session } from '../session/session.js';
import type { SessionCookie } from './session-cookie.js';

const CLEAR_SITE_DATA = 'Clear-Site-Data';

/** What the cookies of all requests of one middleware share. */
export interface CookieWriters {
  readonly cookie: SessionCookie;
  readonly cookieWarnings: CookieWarnings;
}

/** Writes the session's cookie into one response, as often as it changes. */
export class ResponseCookie {

  private written = 0;
  private clearsSite = false;

  constructor(private readonly ctx: Context, private readonly writers: CookieWriters) {}

  write(action: 'set' | 'clear', session: Session, saving: Saving): void {

    const { headers, origin } = this.ctx.response;
    const { cookie, cookieWarnings } = this.writers;
    const isHttps = origin.startsWith('https:');
    if (cookie.countIn(headers) > this.written) cookieWarnings.replaced();
    // A session that has begun since must not lose its data.
    if (this.clearsSite) headers.delete(CLEAR_SITE_DATA);
    this.clearsSite = action === 'clear' && isEndOfVisit(session, saving) && !headers.has(CLEAR_SITE_DATA);
    if (this.clearsSite) headers.set(CLEAR_SITE_DATA, saving.settings.clearSiteData as string);
    if (action === 'clear') {
      // The browser never got this cookie, and may have another one, which stays.
      if (session.created) cookie.drop(headers);
      else cookie.clear(headers, isHttps);
    } else if (session.id !== null) {
      cookie.set(headers, session.id, isHttps, maxAgeOf(session, saving));
      cookieWarnings.check(origin, this.ctx.request.headers);
    }
    this.written = cookie.countIn(headers);

  }

}

/** Says whether the browser is asked to remove the site's data. The end of a session without a user is not a sign-out. */
function isEndOfVisit({ created, loaded }: Session, { settings }: Saving): boolean {

  if (settings.clearSiteData === undefined || created) return false;
  return settings.userOf === undefined || loaded.kind !== 'live' || loaded.user !== null;

}

/**
 * Returns the `Max-Age` that follows from the session itself, in seconds; null
 * for none; undefined if the options decide. The cookie ends at about the same
 * time as the session (NIST SP 800-63B-4, 5.1.1), and the server does not rely on
 * it.
 */
function maxAgeOf({ stored }: Session, saving: Saving): number | null | undefined {

  if (stored.kind !== 'live' || !stored.info) return undefined;
  const { persistent, endsAt } = stored.info.details;
  if (persistent === undefined && endsAt === undefined) return undefined;
  if (!isPersistent(stored.info, saving)) return null;
  const life = Math.ceil(lifeOf(saving, stored.info));
  return persistent ? life : Math.min(life, saving.settings.cookieOptions.maxAge ?? life);

}
