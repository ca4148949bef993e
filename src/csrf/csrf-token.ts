import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** SHA-256. */
const BYTES = 32;

/** Two times the bytes, as base64url. */
const MASKED_LENGTH = 86;

const TOKEN = /^(?:[\w-]{43}|[\w-]{86})$/;

/** The most session middlewares around one handler. */
const MOST_TOKENS = 10;

/**
 * Returns the CSRF token of a secret. Pages may show it: it does not reveal the
 * cookie (OWASP CSRF Prevention Cheat Sheet, "HMAC Based Token Pattern").
 *
 * @param cookieName separates the tokens of two applications on one store
 */
export function csrfToken(secret: string, cookieName: string): string {

  return createHmac('sha256', secret).update(`@curveball/session csrf ${cookieName}`).digest('base64url');

}

/** Joins the tokens of several session middlewares around a handler into one. */
export function joinedTokens(tokens: readonly string[]): string {

  return tokens.join('.');

}

/** Returns the tokens that a request carries, joined by dots; none if the text has another form. */
function tokensIn(given: unknown): string[] {

  if (typeof given !== 'string' || given.length > MOST_TOKENS * (MASKED_LENGTH + 1)) return [];
  const tokens = given.split('.');
  return tokens.every(token => TOKEN.test(token)) ? tokens : [];

}

/** Masks a token with a key that is used once, and puts the key before it. */
export function maskedToken(token: string): string {

  const pad = randomBytes(BYTES);
  return Buffer.concat([pad, xor(Buffer.from(token, 'base64url'), pad)]).toString('base64url');

}

/** Says whether one of the tokens that a request carries is the expected one. */
export function hasToken(expected: string, given: unknown): boolean {

  // Compares all of them, so that the time it takes reveals nothing.
  return tokensIn(given).filter(token => isSameToken(expected, token)).length > 0;

}

/** Compares in constant time, masked or not. */
function isSameToken(expected: string, given: string): boolean {

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
