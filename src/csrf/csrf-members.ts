import { CsrfError } from '../base/errors.js';
import { type ContextMembers, method } from '../request/attach-session.js';
import type { RequestSession } from '../request/request-session.js';
import { decide } from '../steps/decide.js';
import { publishCsrf } from './csrf-events.js';
import { joinedTokens, maskedToken } from './csrf-token.js';
import { peekedSave, type RequestForms } from './request-forms.js';

/** `ctx.getCsrf()` and `ctx.validateCsrf()`. */
export const csrfMembers: ContextMembers = {
  getCsrf: method('getCsrf', request => (options?: { masked?: boolean }) => getCsrf(request, options?.masked === true)),
  validateCsrf: method('validateCsrf', request => (token?: unknown) => validateOrPublish(request, token)),
};

function getCsrf(request: RequestSession, isMasked: boolean): Promise<string> {

  const token = tokensOf(covering(request) ?? request).then(tokens => joinedTokens(isMasked ? tokens.map(maskedToken) : tokens));
  // In 1.x the method returned at once: if a handler does not await it, the request itself fails soon enough.
  token.catch(() => {});
  return token;

}

/**
 * Checks a token for one session of the request.
 *
 * @throws {CsrfError} if it is missing or wrong
 */
export function validateCsrf(request: RequestSession, token?: unknown): void {

  const own = covering(request) ?? request;
  own.use();
  formsOf(own).validate(token);

}

/** Checks a token for a handler. */
function validateOrPublish(request: RequestSession, token: unknown): void {

  try {
    validateCsrf(request, token);
  } catch (error) {
    if (error instanceof CsrfError) publishCsrf('token', request.http);
    throw error;
  }

}

/** Returns the tokens of all sessions of the request: each of its middlewares demands its own. */
async function tokensOf(request: RequestSession): Promise<string[]> {

  request.use();
  // This request ends its session: the token must belong to the session that comes after it.
  if (decide(peekedSave(request)).name === 'destroy') await request.save();
  const tokens = await formsOf(request).tokens(request.isFinished ? () => request.save() : null);
  const outer = request.outer && covering(request.outer);
  const others = outer ? await tokensOf(outer) : [];
  return [...new Set([...tokens, ...others])];

}

/** Returns the first session, from this one outwards, whose cookie covers the path: a request that this one does not cover uses the forms of that. */
function covering(request: RequestSession): RequestSession | undefined {

  return request.isOutside ? request.outer && covering(request.outer) : request;

}

function formsOf(request: RequestSession): RequestForms {

  return request.forms as RequestForms;

}
