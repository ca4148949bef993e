import type { Context } from '@curveball/kernel';
import { CsrfError } from '../errors.js';
import { requireCookie, reserveId, type Saving } from '../save-session.js';
import type { Session } from '../session.js';
import type { Awaitable } from '../store.js';
import { csrfToken, isSameToken } from './csrf-token.js';
import { requestToken } from './request-token.js';

/** What starts a session for a visitor who has none and gets a form. */
const MARKER = 'csrf-token';

/**
 * Returns the token that is good together with the cookie that the browser has
 * after this response.
 *
 * For a visitor without a session one is started: the token must be tied to
 * something that only this visitor has.
 *
 * @param save stores the session at once, for a caller that comes after the middleware
 */
export async function getCsrf(
  session: Session, saving: Saving, cookieName: string, save: (() => Promise<void>) | null,
): Promise<string> {

  // In turn: what the handler stores at this moment may give the session another id.
  const id = await session.inTurn(() => idToCome(session, saving));
  if (!save || id !== session.newId) return csrfToken(id, cookieName);
  await save();
  return csrfToken(session.id ?? id, cookieName);

}

/** The id that the browser has after this response. */
function idToCome(session: Session, saving: Saving): Awaitable<string> {

  const { stored } = session;
  if (stored.kind !== 'none' && !session.regenerate) return stored.id;
  if (session.failure) throw session.failure;
  requireCookie(saving);
  if (stored.kind !== 'live' && Object.keys(session.values).length === 0) {
    session.values[MARKER] = true;
  }
  return reserveId(session, saving);

}

/**
 * Checks the token of a request against the session that the request came with.
 *
 * @param given the token; undefined to take it from the request
 * @throws {CsrfError} if it is missing or wrong, or if there is no session
 */
export function validateCsrf(
  session: Session, request: Context['request'], cookieName: string, given: unknown,
): void {

  const token = given === undefined ? requestToken(request) : given;
  if (token === undefined) throw new CsrfError('No CSRF token was found in the request body or its X-CSRF-Token header');
  const id = tokenId(session);
  if (id === undefined) throw new CsrfError('There is no session that a CSRF token could belong to');
  if (!isSameToken(csrfToken(id, cookieName), token)) throw new CsrfError('The CSRF token is incorrect');

}

/**
 * The id that a token must belong to. A form that was sent while its session
 * moved, as by the second click of a sign-in, is still the visitor's own.
 */
function tokenId({ stored, newId }: Session): string | undefined {

  switch (stored.kind) {
    case 'live': return stored.id;
    case 'retired': return stored.moved ? stored.id : undefined;
    case 'none': return newId;
  }

}
