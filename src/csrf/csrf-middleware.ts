import type { Context, Middleware } from '@curveball/kernel';
import { CsrfError } from '../base/errors.js';
import { SAFE_METHODS } from '../base/http.js';
import { attachedTo } from '../request/attach-session.js';
import { CHECKS, REFUSED, type RequestSession } from '../request/request-session.js';
import { closeSocket } from '../request/web-socket.js';
import { publishCsrf } from './csrf-events.js';
import { validateCsrf } from './csrf-members.js';
import { type CsrfOptions, type CsrfSettings, csrfSettingsFrom } from './csrf-options.js';
import { type Refusal, serializedOrigin, verdictOn } from './request-verdict.js';

/** A check that is left to the session middlewares after this one. */
interface TokenDemand {
  /** Whether any session middleware has answered it. */
  isAnswered: boolean;
}

type Marked = Context & { [CHECKS]?: ReadonlyArray<(request: RequestSession) => void>; [REFUSED]?: true };

/** The text of a refusal, with the settings of the application that a developer needs to see; none of them is secret. */
const DETAILS: Record<Refusal, (origin: string) => string> = {
  'cross-site': () => 'The request comes from another site',
  'same-site': () => 'The request comes from another origin of this site',
  'foreign-origin': origin => `The Origin header does not name an origin that may send such requests: the application's own is ${origin} (app.origin)`,
};

/**
 * Makes the middleware that refuses requests which other sites make a visitor's
 * browser send: all but `GET`, `HEAD` and `OPTIONS`, and every WebSocket.
 *
 * It judges by `Sec-Fetch-Site` and `Origin`, before a session is loaded. A
 * request that has neither of them, but a credential, needs the token of its
 * session. The session middleware after this one checks the token.
 *
 * @throws {TypeError} for a wrong option
 */
export function csrf(options: CsrfOptions = {}): Middleware {

  const settings = csrfSettingsFrom(options);

  const handle = async (ctx: Context, next: () => Promise<void>) => {

    const isSafe = ctx.webSocket === undefined && SAFE_METHODS.has(ctx.method);
    if (isSafe) {
      if (!settings.isGuarded(ctx)) return next();
      ctx.response.headers.append('Vary', 'Sec-Fetch-Site, Origin');
    }
    const demand = judge(ctx, isSafe, settings);
    await next();
    if (demand?.isAnswered === false) neverAsked(ctx, settings);

  };
  return (ctx, next) => {
    const { webSocket } = ctx;
    return webSocket ? handle(ctx, next).catch(error => closeSocket(webSocket, error)) : handle(ctx, next);
  };

}

/**
 * @returns the check that is left to the session middlewares, if any
 * @throws {CsrfError} if the request is refused
 */
function judge(ctx: Context, isSafe: boolean, settings: CsrfSettings): TokenDemand | undefined {

  if (settings.isExempt(ctx)) {
    publishCsrf('exempt', ctx);
    return undefined;
  }
  const { headers, origin } = ctx.request;
  const sender = { site: headers.get('sec-fetch-site'), origin: headers.get('origin') };
  const verdict = verdictOn(sender, serializedOrigin(origin), settings.trusted);
  const isRequired = settings.requireToken && !isSafe && ctx.webSocket === undefined;
  if (verdict === 'ask' || (verdict === 'pass' && isRequired)) {
    return askForToken(ctx, isRequired, settings);
  }
  if (verdict !== 'pass') refuse(ctx, verdict, new CsrfError(DETAILS[verdict](ownOrigin(ctx))), settings);
  return undefined;

}

/**
 * Asks for the token of every session whose cookie the request has, whether its
 * middleware is before this one or after it: a correct token of one session
 * proves nothing for the others, since another host may have planted the cookie
 * of that session.
 */
function askForToken(ctx: Context, isRequired: boolean, settings: CsrfSettings): TokenDemand | undefined {

  const { headers } = ctx.request;
  const needsToken = isRequired || hasLogin(headers);
  if (!needsToken && !headers.has('cookie')) return undefined;
  const demand = { isAnswered: false };
  let isRight = false;
  const check = (request: RequestSession) => {
    demand.isAnswered = true;
    // The browser added no credential: any client could send the same request.
    if (!request.hasCookie && (isRight || !needsToken)) return;
    try {
      validateCsrf(request);
      isRight = true;
    } catch (error) {
      if (!(error instanceof CsrfError)) throw error;
      refuse(ctx, 'token', isRequired ? error : withAdvice(error, ctx), settings);
    }
  };
  const marked: Marked = ctx;
  marked[CHECKS] = [...marked[CHECKS] ?? [], check];
  // Those of middlewares before this one have been found already.
  for (let request = attachedTo(ctx); request; request = request.outer) check(request);
  return demand;

}

/** Adds advice for developers who send requests with a tool: browsers add one of the headers by themselves. */
function withAdvice({ message }: CsrfError, ctx: Context): CsrfError {

  return new CsrfError(`${message}. The token is required because the request has neither Sec-Fetch-Site nor Origin, of which browsers send at least one. A tool can send "Origin: ${ownOrigin(ctx)}"`);

}

function ownOrigin({ request }: Context): string {

  return serializedOrigin(request.origin) ?? 'none';

}

/** Says whether a request has a login that browsers remember and add, unlike a bearer token (RFC 7617, RFC 6750). */
function hasLogin(headers: Context['request']['headers']): boolean {

  const authorization = headers.get('authorization');
  return authorization !== null && !/^bearer /i.test(authorization);

}

function refuse(ctx: Context, reason: Refusal | 'token', error: CsrfError, { report }: CsrfSettings): void {

  publishCsrf(reason, ctx, report);
  if (report) return;
  (ctx as Marked)[REFUSED] = true;
  throw error;

}

/** Fails because a handler has run without the token that it needed: the developers of the application must see it. */
function neverAsked(ctx: Context, { report }: CsrfSettings): void {

  publishCsrf('no-session', ctx, report);
  if (report) return;
  throw new Error(
    'csrf() had to ask for the token of a session, and no session() came after it: put session() after csrf(), and paths that need no session into `exempt`',
  );

}
