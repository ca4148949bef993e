import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** SHA-256. */
const BYTES = 32;

/** Two times the bytes, as base64url. */
const MASKED_LENGTH = 86;

const TOKEN = /^(?:[\w-]{43}|[\w-]{86})$/;

/** More session middlewares than this do not surround one handler. */
const MOST_TOKENS = 10;

/**
 * The CSRF token of a secret. A form shows it, and it does not reveal the cookie
 * (OWASP CSRF Prevention Cheat Sheet, "HMAC Based Token Pattern").
 *
 * @param cookieName keeps the tokens of two applications on one store apart
 */
export function csrfToken(secret: string, cookieName: string): string {

  return createHmac('sha256', secret).update(`@curveball/session csrf ${cookieName}`).digest('base64url');

}

/** Several tokens as one: of the session middlewares that surround a handler. */
export function joinedTokens(tokens: readonly string[]): string {

  return tokens.join('.');

}

/** The tokens that a request carries, joined by dots; an empty list if the text has another form. */
function tokensIn(given: unknown): string[] {

  if (typeof given !== 'string' || given.length > MOST_TOKENS * (MASKED_LENGTH + 1)) return [];
  const tokens = given.split('.');
  return tokens.every(token => TOKEN.test(token)) ? tokens : [];

}

/** Hides a token behind a key that is used once and stands before it. */
export function maskedToken(token: string): string {

  const pad = randomBytes(BYTES);
  return Buffer.concat([pad, xor(Buffer.from(token, 'base64url'), pad)]).toString('base64url');

}

/** Whether one of the tokens in what a request carries is right. */
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
