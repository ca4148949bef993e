import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { SessionStoreError } from '../errors.js';
import type { SessionTexts } from '../store.js';
import { UNKEYED } from './key-ring.js';
import type { SessionKeys } from './session-keys.js';

/*
 * A sealed value, as a JSON text: a string of base64url, of
 *
 *     version (1 byte) ‖ length and name of the application's key ‖ nonce (12) ‖ ciphertext ‖ tag (16)
 *
 * AES-256-GCM (NIST SP 800-38D). What is sealed beside the value, and so can't be
 * another: version and key, the top-level key, and what the session is.
 */

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** Without it, Node.js takes tags of 4 bytes, too, which are found by trying (CVE-2025-47275). */
const OPTIONS = { authTagLength: TAG_LENGTH };

/** Where a value stands. It opens nowhere else. */
interface Place {
  /** The top-level key. */
  readonly name: string;
  /** A digest of what the session is, beside its values. */
  readonly about: Buffer;
}

/** Seals each text, with the newest key. */
export function sealTexts(texts: SessionTexts, about: Buffer, keys: SessionKeys): SessionTexts {

  const sealed = new Map<string, string>();
  for (const [name, text] of texts) sealed.set(name, seal(text, { name, about }, keys));
  return sealed;

}

/**
 * Opens what {@link sealTexts} has made for the same keys and session.
 *
 * @throws {SessionStoreError} that names the top-level key, for anything else
 */
export function openTexts(sealed: SessionTexts, about: Buffer, keys: SessionKeys): SessionTexts {

  const texts = new Map<string, string>();
  for (const [name, text] of sealed) texts.set(name, open(text, { name, about }, keys));
  return texts;

}

function seal(text: string, place: Place, keys: SessionKeys): string {

  const { newest } = keys;
  const key = keys.valuesKey(newest);
  if (!key) throw new Error('A key ring has its newest key');
  const head = Buffer.from(`${String.fromCharCode(VERSION, newest.length)}${newest}`, 'latin1');
  const nonce = newNonce();
  const cipher = createCipheriv(ALGORITHM, key, nonce, OPTIONS).setAAD(beside(head, place));
  const sealed = Buffer.concat([head, nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `"${sealed.toString('base64url')}"`;

}

function open(sealed: string, place: Place, keys: SessionKeys): string {

  const bytes = bytesIn(sealed);
  if (!bytes) throw unreadable(place, 'it is not sealed');
  if (bytes[0] !== VERSION) throw unreadable(place, 'it is not sealed, or by another version of this package');
  const head = bytes.subarray(0, 2 + (bytes[1] ?? 0));
  const nonce = bytes.subarray(head.length, head.length + NONCE_LENGTH);
  const ciphertext = bytes.subarray(head.length + NONCE_LENGTH, -TAG_LENGTH);
  if (bytes.length < head.length + NONCE_LENGTH + TAG_LENGTH) throw unreadable(place, 'it is too short');
  const name = head.toString('latin1', 2);
  const key = keys.valuesKey(name);
  if (!key) throw unreadable(place, missing(name));
  try {
    const decipher = createDecipheriv(ALGORITHM, key, nonce, OPTIONS)
      .setAAD(beside(head, place))
      .setAuthTag(bytes.subarray(-TAG_LENGTH));
    // Nothing of it counts before final() has compared the tag.
    return decipher.update(ciphertext, undefined, 'utf8') + decipher.final('utf8');
  } catch {
    throw unreadable(place, 'it was altered, or sealed for another session, key or user, or with another secret');
  }

}

/** What is sealed beside a value. Each part has its length before it: no two ways to read them. */
function beside(head: Buffer, { name, about }: Place): Buffer {

  // UTF-16 keeps any key apart from any other, lone surrogates included.
  return withLengths([head, Buffer.from(name, 'utf16le'), about]);

}

/** Joins parts so that they can be told apart. */
export function withLengths(parts: readonly Buffer[]): Buffer {

  const joined: Buffer[] = [];
  for (const part of parts) {
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(part.length);
    joined.push(length, part);
  }
  return Buffer.concat(joined);

}

function bytesIn(sealed: string): Buffer | null {

  const bytes = Buffer.from(sealed.slice(1, -1), 'base64url');
  // The decoder passes over what it does not know: one value has one text.
  return sealed === `"${bytes.toString('base64url')}"` ? bytes : null;

}

function missing(name: string): string {

  if (name === UNKEYED) return 'it was sealed without a key of the application, which is not accepted';
  // Whoever can write to the store has chosen it.
  return /^[\w-]{1,32}$/.test(name) ? `its key "${name}" is not among the keys` : 'its key is none';

}

function unreadable({ name }: Place, problem: string): SessionStoreError {

  const key = name.length > 64 ? `${name.slice(0, 64)}…` : name;
  return new SessionStoreError(`What is stored for the session's key ${JSON.stringify(key)} can't be opened: ${problem}`);

}

// One call to the CSPRNG serves many: most of its cost is per call.
const pool = Buffer.allocUnsafeSlow(NONCE_LENGTH * 512);
let used = pool.length;

function newNonce(): Buffer {

  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return Buffer.from(pool.subarray(used, used += NONCE_LENGTH));

}
