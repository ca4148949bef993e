import type { Context, Middleware } from '@curveball/kernel';
import { attachedTo } from '../attach-session.js';
import { CsrfError } from '../errors.js';
import { publishCsrf } from './csrf-events.js';
import { type CsrfOptions, type CsrfSettings, csrfSettingsFrom } from './csrf-options.js';
import { type Refusal, serializedOrigin, verdictOn } from './request-verdict.js';
import { demandToken, markRefused, takeDemand, type TokenDemand } from './token-demand.js';

/** They change nothing (RFC 9110 section 9.2.1), and other sites may send them. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

const DETAILS: Record<Refusal, string> = {
  'cross-site': 'The request comes from another site',
  'same-site': 'The request comes from another origin of this site',
  'foreign-origin': 'The Origin header does not name an origin that may send such requests',
};

/**
 * Makes the middleware that refuses what other sites make a visitor's browser
 * send: every request but `GET`, `HEAD` and `OPTIONS`, and every WebSocket.
 *
 * It judges by `Sec-Fetch-Site` and `Origin`, before anything is loaded. Where
 * a request has neither, and brings a credential, it needs the token of its
 * session, which the session middleware checks that comes after it.
 *
 * @throws {TypeError} for a wrong option
 */
export function csrf(options: CsrfOptions = {}): Middleware {

  const settings = csrfSettingsFrom(options);

  return async (ctx, next) => {

    const isSafe = ctx.webSocket === undefined && SAFE.has(ctx.method);
    if (isSafe) {
      if (!settings.isGuarded(ctx)) return next();
      ctx.response.headers.append('Vary', 'Sec-Fetch-Site, Origin');
    }
    try {
      judge(ctx, isSafe, settings);
    } catch (error) {
      if (!ctx.webSocket || !(error instanceof CsrfError)) throw error;
      // "Policy violation". Nothing above would catch what is thrown here.
      ctx.webSocket.close(1008, error.title);
      return;
    }
    await next();
    if (takeDemand(ctx)) neverAsked(ctx, settings);

  };

}

/** @throws {CsrfError} if the request is to be refused */
function judge(ctx: Context, isSafe: boolean, settings: CsrfSettings): void {

  if (settings.isExempt(ctx)) {
    publishCsrf('exempt', ctx);
    return;
  }
  const { headers, origin } = ctx.request;
  const sender = { site: headers.get('sec-fetch-site'), origin: headers.get('origin') };
  const verdict = verdictOn(sender, serializedOrigin(origin), settings.trusted);
  const isRequired = settings.requireToken && !isSafe && ctx.webSocket === undefined;
  if (verdict === 'ask' || (verdict === 'pass' && isRequired)) {
    askForToken(ctx, isRequired, settings);
  } else if (verdict !== 'pass') {
    refuse(ctx, verdict, new CsrfError(DETAILS[verdict]), settings);
  }

}

function askForToken(ctx: Context, isRequired: boolean, settings: CsrfSettings): void {

  const { headers } = ctx.request;
  const needsToken = isRequired || hasLogin(headers);
  const demand: TokenDemand = checker => {
    // Nothing that a browser added by itself: it could do the same from anywhere.
    if (!needsToken && !checker.hasCookie) return;
    try {
      checker.validateCsrf();
    } catch (error) {
      if (!(error instanceof CsrfError)) throw error;
      refuse(ctx, 'token', error, settings);
    }
  };
  const session = attachedTo(ctx);
  if (session) demand(session);
  else if (needsToken || headers.has('cookie')) demandToken(ctx, demand);

}

/** Whether there is a login that browsers remember and add, unlike a bearer token (RFC 7617, RFC 6750). */
function hasLogin(headers: Context['request']['headers']): boolean {

  const authorization = headers.get('authorization');
  return authorization !== null && !/^bearer /i.test(authorization);

}

function refuse(ctx: Context, reason: Refusal | 'token', error: CsrfError, { report }: CsrfSettings): void {

  publishCsrf(reason, ctx, report);
  if (report) return;
  markRefused(ctx);
  throw error;

}

/** A handler has run without the token that it needed: whoever wrote the application must see it. */
function neverAsked(ctx: Context, { report }: CsrfSettings): void {

  publishCsrf('no-session', ctx, report);
  if (report) return;
  const error = new Error(
    'csrf() had to ask for the token of a session, and no session() came after it: put session() behind csrf(), and what answers without a session into `exempt`',
  );
  if (!ctx.webSocket) throw error;
  process.emitWarning(error);
  ctx.webSocket.close(1011);

}
