import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The CSRF token of a session: derived from the id, so that it needs no place in
 * the store, ends with the id, and tells nothing about it (OWASP CSRF Prevention
 * Cheat Sheet, "HMAC Based Token Pattern").
 *
 * @param cookieName keeps the tokens of two applications on one store apart
 */
export function csrfToken(id: string, cookieName: string): string {

  return createHmac('sha256', id).update(`@curveball/session csrf ${cookieName}`).digest('base64url');

}

/** Compares in constant time; only a string can be right. */
export function isSameToken(expected: string, given: unknown): boolean {

  if (typeof given !== 'string') return false;
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);

}
