import type { Context } from '@curveball/kernel';
import { CsrfError } from '../errors.js';
import { reserveId } from '../saving/create-session.js';
import { requireCookie, type Saving } from '../saving/saving.js';
import type { Session } from '../session.js';
import type { Awaitable } from '../store.js';
import { csrfToken, isSameToken, maskedToken } from './csrf-token.js';
import { requestToken } from './request-token.js';

export interface CsrfTokenOptions {
  readonly masked?: boolean;
}

/**
 * Returns the token that is good together with the cookie that the browser has
 * after this response.
 *
 * It must be tied to something that only this visitor has. Without a session
 * that is the id that a session would get in this response. If it gets none,
 * the id goes into the cookie alone.
 *
 * @param formId from the cookie of a form before
 * @param save stores the session at once, for a caller that comes after the middleware
 */
export async function getCsrf(
  session: Session, saving: Saving, cookieName: string, formId: string | null, save: (() => Promise<void>) | null,
  options?: CsrfTokenOptions,
): Promise<string> {

  // In turn: what the handler stores at this moment may give the session another id.
  let id = await session.inTurn(() => idToCome(session, saving, formId));
  if (save && id === session.newId) {
    await save();
    id = session.id ?? id;
  }
  const token = csrfToken(id, cookieName);
  return options?.masked === true ? maskedToken(token) : token;

}

/** The id that the browser has after this response. */
function idToCome(session: Session, saving: Saving, formId: string | null): Awaitable<string> {

  const { stored } = session;
  const needsNewId = session.needsNewId(saving.settings.userOf);
  if (stored.kind !== 'none' && !needsNewId) return stored.id;
  if (session.failure) throw session.failure;
  // No session ever gets an id that came in a cookie.
  if (formId !== null && !needsNewId && Object.keys(session.values).length === 0) return formId;
  requireCookie(saving);
  return reserveId(session, saving);

}

/**
 * Checks the token of a request against the session that the request came with.
 *
 * @param formId what the cookie says where there is no session
 * @param given the token; undefined to take it from the request
 * @throws {CsrfError} if it is missing or wrong, or if there is no session
 */
export function validateCsrf(
  session: Session, request: Context['request'], cookieName: string, formId: string | null, given: unknown,
): void {

  const token = given === undefined ? requestToken(request) : given;
  if (token === undefined) throw new CsrfError('No CSRF token was found in the request body or its X-CSRF-Token header');
  const id = tokenId(session, formId);
  if (id === undefined) throw new CsrfError('There is no session that a CSRF token could belong to');
  if (!isSameToken(csrfToken(id, cookieName), token)) throw new CsrfError('The CSRF token is incorrect');

}

/**
 * The id that a token must belong to. A form that was sent while its session
 * moved, as by the second click of a sign-in, is still the visitor's own.
 */
function tokenId({ stored, newId }: Session, formId: string | null): string | undefined {

  switch (stored.kind) {
    case 'live': return stored.id;
    case 'retired': return stored.moved ? stored.id : undefined;
    case 'none': return formId ?? newId;
  }

}
