import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { SessionStoreError } from '../base/errors.js';
import { ownError } from '../base/plain-error.js';
import type { SessionTexts } from '../base/store.js';
import { UNKEYED } from './key-ring.js';
import type { SessionKeys } from './session-keys.js';

/*
 * A sealed value is a JSON text: a string, in base64url, of
 *
 *     version (1 byte) ‖ length and name of the application's key ‖ nonce (12) ‖ ciphertext ‖ tag (16)
 *
 * It is sealed with AES-256-GCM (NIST SP 800-38D). The version, the key's name and
 * the place of the value are authenticated with it, so that none can be exchanged.
 */

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** Without this option, Node.js also accepts tags of 4 bytes, which can be found by trial (CVE-2025-47275). */
const OPTIONS = { authTagLength: TAG_LENGTH };

/** The place of a text, the only one where it opens. */
export interface Place {
  /** The top-level key. */
  readonly name: string;
  /** For a text that seals a session's info, a digest of the info. */
  readonly info?: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** Seals each text, with the newest key. */
export function sealTexts(texts: SessionTexts, keys: SessionKeys): Map<string, string> {

  const sealed = new Map<string, string>();
  for (const [name, text] of texts) sealed.set(name, sealText(text, { name }, keys));
  return sealed;

}

/** Seals one text, with the newest key. */
export function sealText(text: string, place: Place, keys: SessionKeys): string {

  const { newest } = keys;
  const key = keys.valuesKey(newest);
  if (!key) throw new Error('The key ring lacks its newest key');
  const head = Buffer.from(`${String.fromCharCode(VERSION, newest.length)}${newest}`, 'latin1');
  const nonce = newNonce();
  const cipher = createCipheriv(ALGORITHM, key, nonce, OPTIONS).setAAD(beside(head, place));
  const sealed = Buffer.concat([head, nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `"${sealed.toString('base64url')}"`;

}

/**
 * Opens what {@link sealText} has made for the same place and keys.
 *
 * @throws {SessionStoreError} for anything else
 */
export function openText(sealed: string, place: Place, keys: SessionKeys): string {

  const bytes = bytesIn(sealed);
  if (!bytes) throw unopened('it is not sealed');
  if (bytes[0] !== VERSION) throw unopened('it is not sealed, or by another version of this package');
  const head = bytes.subarray(0, 2 + (bytes[1] ?? 0));
  const nonce = bytes.subarray(head.length, head.length + NONCE_LENGTH);
  const ciphertext = bytes.subarray(head.length + NONCE_LENGTH, -TAG_LENGTH);
  if (bytes.length < head.length + NONCE_LENGTH + TAG_LENGTH) throw unopened('it is too short');
  const name = head.toString('latin1', 2);
  const key = keys.valuesKey(name);
  if (!key) throw unopened(missing(name));
  try {
    const decipher = createDecipheriv(ALGORITHM, key, nonce, OPTIONS)
      .setAAD(beside(head, place))
      .setAuthTag(bytes.subarray(-TAG_LENGTH));
    // No part of it may be used before final() has compared the tag.
    return decipher.update(ciphertext, undefined, 'utf8') + decipher.final('utf8');
  } catch {
    throw unopened('it was altered, or sealed for another session, key or user, or with another secret');
  }

}

/** The name of the application's key with which a text was sealed. */
export function keyNameOf(sealed: string): string {

  // Enough characters for the longest name.
  const head = Buffer.from(sealed.slice(1, 48), 'base64url');
  return head.toString('latin1', 2, 2 + (head[1] ?? 0));

}

/** Returns the bytes that are authenticated together with a value. */
function beside(head: Buffer, { name, info = NOTHING }: Place): Buffer {

  // UTF-16 keeps any key apart from any other, lone surrogates included.
  return withLengths([head, Buffer.from(name, 'utf16le'), info]);

}

/** Joins parts, each after its length: other parts never give the same bytes. */
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
  // The decoder skips unknown characters. A value must have only one text.
  return sealed === `"${bytes.toString('base64url')}"` ? bytes : null;

}

function missing(name: string): string {

  if (name === UNKEYED) return 'it was sealed without a key of the application, which is not accepted';
  // A name of another form was not written by this package.
  return /^[\w-]{1,32}$/.test(name) ? `its key "${name}" is not among the keys` : 'the name of its key is invalid';

}

/**
 * Makes the error of a text that can't be opened. Visitors see its message, and
 * operators the problem. Neither contains the name of a session's key.
 */
export function unopened(problem: string): SessionStoreError {

  return new SessionStoreError('The stored session can\'t be opened', { cause: ownError(problem) });

}

// Most of the cost of the CSPRNG is per call, so one call makes many nonces.
const pool = Buffer.allocUnsafeSlow(NONCE_LENGTH * 512);
let used = pool.length;

function newNonce(): Buffer {

  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return Buffer.from(pool.subarray(used, used += NONCE_LENGTH));

}
