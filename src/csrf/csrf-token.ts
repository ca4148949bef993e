import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** SHA-256. */
const BYTES = 32;

/** Two times the bytes, as base64url. */
const MASKED_LENGTH = 86;

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

/** Hides a token behind a key that is used once and stands before it. */
export function maskedToken(token: string): string {

  const pad = randomBytes(BYTES);
  return Buffer.concat([pad, xor(Buffer.from(token, 'base64url'), pad)]).toString('base64url');

}

/** Compares in constant time, masked or not; only a string can be right. */
export function isSameToken(expected: string, given: unknown): boolean {

  if (typeof given !== 'string') return false;
  const a = Buffer.from(expected);
  const b = Buffer.from(given.length === MASKED_LENGTH ? unmasked(given) : given);
  return a.length === b.length && timingSafeEqual(a, b);

}

function unmasked(text: string): string {

  const bytes = Buffer.from(text, 'base64url');
  // Decoding forgives other alphabets and stray bits. One token has one spelling.
  if (bytes.length !== 2 * BYTES || bytes.toString('base64url') !== text) return '';
  return xor(bytes.subarray(BYTES), bytes.subarray(0, BYTES)).toString('base64url');

}

function xor(bytes: Buffer, pad: Buffer): Buffer {

  return Buffer.from(bytes.map((byte, at) => byte ^ (pad[at] as number)));

}
