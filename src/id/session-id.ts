import { createHash, randomFillSync } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const LENGTH = 43;

/** The number of characters at the beginning of our stores' ids that are the handle. */
export const HANDLE_LENGTH = 16;

/** 4 × 62: bytes below it give each letter with the same probability. */
const FAIR_BELOW = 248;

const LETTERS = Uint8Array.from({ length: 256 }, (_, byte) => ALPHABET.charCodeAt(byte % 62));

// One call to the CSPRNG serves many ids: most of its cost is per call.
const bytes = Buffer.allocUnsafeSlow(8192);
const letters = Buffer.allocUnsafeSlow(bytes.length);
let next = 0;
let end = 0;

/**
 * Makes a session id: 43 letters and digits, 256 bits from the system's CSPRNG
 * (OWASP ASVS 5.0, 7.2.3 asks for 128).
 */
export function newSessionId(): string {

  return randomLetters(LENGTH);

}

/** Makes a text of letters and digits, up to 64 of them, from the system's CSPRNG. */
export function randomLetters(count: number): string {

  if (end - next < count) refill();
  const start = next;
  next += count;
  const text = letters.toString('latin1', start, next);
  // A secret must not stay in memory after it was handed out.
  letters.fill(0, start, next);
  return text;

}

function refill(): void {

  randomFillSync(bytes);
  next = 0;
  end = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (byte < FAIR_BELOW) letters[end++] = LETTERS[byte] as number;
  }
  bytes.fill(0);

}

/** Says whether a text has the form of the ids that {@link newSessionId} makes. */
export function isOwnId(text: string): boolean {

  // The engine looks \w up in a table, which is six times as fast as ranges.
  return text.length === LENGTH && /^\w+$/.test(text) && !text.includes('_');

}

/** Longer than any id in use, shorter than a text that strains a store. */
const LONGEST = 512;

/**
 * Says whether a text may be tried as an id on a store that has no rule of its
 * own: printable, not too long, and nothing that a naive store would take for a
 * path or for a property that every object has.
 */
export function isPlausibleId(text: string): boolean {

  return text.length > 0
    && text.length <= LONGEST
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    && !/[\u0000-\u001f\u007f-\u009f]|\.\./.test(text)
    && text.isWellFormed()
    && !Object.hasOwn(Object.prototype, text);

}

/** Returns a name of an id for logs: 96 bits of a hash, from which no one can derive the id. */
export function derivedHandle(id: string): string {

  return createHash('sha256').update(`@curveball/session handle ${id}`).digest('base64url').slice(0, 16);

}
