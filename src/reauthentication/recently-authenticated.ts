import type { Context, Middleware } from '@curveball/kernel';
import { AuthenticationError } from '../base/errors.js';
import { checkSeconds, known, record, wrong } from '../base/option-checks.js';
import { LONGEST_EXPIRY, unixTime } from '../base/time.js';
import { attachedTo } from '../request/attach-session.js';
import type { RequestSession } from '../request/request-session.js';
import { closeSocket } from '../request/web-socket.js';
import { localAddress } from './local-address.js';

/** What `recentlyAuthenticated()` takes. */
export interface RecentlyAuthenticatedOptions {

  /**
   * Seconds: how long ago the user may have proved who they are, by signing in or
   * by what the handler reports with `ctx.authenticated()`.
   */
  within: number;

  /**
   * The address of the page on which the user can do so, a path such as `/prove`.
   * Browsers that ask for a page are redirected to it, with the address that they
   * asked for in the parameter `returnTo`. Other requests get 401 in any case.
   */
  signIn?: string | undefined;

}

/** Seconds by which the clock of another process may be ahead. */
const MOST_AHEAD = 5;

/**
 * Makes the middleware that lets a request through only if the user of its session
 * proved a short time ago who they are (OWASP ASVS 5.0, 7.5.1 and 7.5.3). To be used
 * after `session()`, before handlers of important actions.
 *
 * It does not count as use of the session. What it refuses gets 401 with an
 * `AuthenticationError`, or a redirect to `signIn`; a WebSocket is closed with 1008.
 *
 * @throws {TypeError} for a wrong option
 */
export function recentlyAuthenticated(options: RecentlyAuthenticatedOptions): Middleware {

  const { within, signIn } = checked(options);

  const handle = async (ctx: Context, next: () => Promise<void>) => {

    const request = attachedTo(ctx);
    if (!request) throw new Error('recentlyAuthenticated() found no session: put session() before it');
    if (isRecent(request, within)) return next();
    // An outer middleware may have made all pages cacheable. This answer would be shown again after the proof.
    ctx.response.headers.set('Cache-Control', 'no-store');
    if (signIn !== undefined && isForPage(ctx)) return ctx.redirect(303, withReturn(signIn, addressOf(ctx, request)));
    const error = new AuthenticationError(detail(ctx, within, signIn), { within, signIn });
    // RFC 9110, 15.5.2. Not every middleware that makes a response of an error takes it from there.
    ctx.response.headers.set('WWW-Authenticate', error.wwwAuthenticate);
    throw error;

  };
  return (ctx, next) => {
    const { webSocket } = ctx;
    return webSocket ? handle(ctx, next).catch(error => closeSocket(webSocket, error)) : handle(ctx, next);
  };

}

function checked(options: RecentlyAuthenticatedOptions): RecentlyAuthenticatedOptions {

  record('options', options);
  known('option', options, ['within', 'signIn']);
  const { within, signIn } = options;
  checkSeconds('within', within, 1, LONGEST_EXPIRY);
  if (signIn === undefined) return { within };
  if (typeof signIn !== 'string' || localAddress(signIn) !== signIn) throw wrong('signIn', signIn, 'must be a path of this application, as /prove');
  return { within, signIn };

}

/**
 * Whether the stored session belongs to a user who proved it recently. What the
 * request has asked for so far can only take that away: the session may have been
 * ended, or given to another user.
 */
function isRecent({ info, session, shared: { store, settings: { userOf } } }: RequestSession, within: number): boolean {

  if (!store.keepsInfo) {
    throw new Error('recentlyAuthenticated() can\'t know when a user signed in: the store keeps only values, and needs `keepsInfo: true`');
  }
  if (info === null || info.authenticatedAt === null) return false;
  const { user = info.user, cleared } = session.wanted(userOf);
  if (cleared || user !== info.user || (userOf && user === null)) return false;
  const age = unixTime() - info.authenticatedAt;
  return age >= -MOST_AHEAD && age <= within;

}

/** Whether a browser asks for a page that it will show. A script would follow a redirect without its user. */
function isForPage({ request: { method, headers }, webSocket }: Context): boolean {

  if (webSocket || (method !== 'GET' && method !== 'HEAD')) return false;
  const mode = headers.get('sec-fetch-mode');
  return (mode === null || mode === 'navigate') && /\btext\/html\b/i.test(headers.get('accept') ?? '');

}

/** The address that the browser asked for: with what a proxy has removed. */
function addressOf({ request: { requestTarget } }: Context, { shared: { basePath } }: RequestSession): string {

  return requestTarget.startsWith('/') ? basePath + requestTarget : requestTarget;

}

function withReturn(signIn: string, wanted: string): string {

  const url = new URL(signIn, 'http://origin.invalid');
  const returnTo = localAddress(wanted);
  if (returnTo !== null) url.searchParams.set('returnTo', returnTo);
  return `${url.pathname}${url.search}${url.hash}`;

}

function detail({ method, webSocket }: Context, within: number, signIn: string | undefined): string {

  const isRepeated = method !== 'GET' && method !== 'HEAD' && !webSocket;
  return `This needs a proof of who you are that is at most ${within} seconds old${signIn === undefined ? '' : `: ${signIn}`}`
    + `${isRepeated ? '. Nothing was done: send the request again after the proof' : ''}`;

}
