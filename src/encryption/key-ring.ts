import { createSecretKey, type KeyObject } from 'node:crypto';
import { show } from '../base/option-checks.js';

/** A secret of the application, with its name. */
export interface EncryptionKey {

  /** The name: 1 to 32 letters, digits, `_` and `-`. It is stored in each value that was sealed with the secret. */
  readonly id: string;

  /**
   * At least 32 bytes that no one can guess, or a text of as many bytes in UTF-8,
   * such as `openssl rand -base64 32` prints.
   */
  readonly secret: string | Uint8Array;

}

/** In bytes, the length of a key of AES-256. */
const SHORTEST = 32;

/** Used in place of a secret of the application. It is public. */
export const NO_SECRET = createSecretKey(Buffer.from('@curveball/session without an application key'));

/** The name of the key in a value that was sealed without a secret. */
export const UNKEYED = '';

/** The secrets of the application, found by their names. */
export class KeyRing {

  /** The name of the key that seals. */
  readonly newest: string;

  readonly #secrets = new Map<string, KeyObject>();
  readonly #unkeyedUntil: number;

  /** @throws {TypeError} that says what is allowed, but no secret */
  constructor(keys: readonly EncryptionKey[] | undefined, acceptUnkeyedUntil: Date | undefined) {

    this.#unkeyedUntil = keys === undefined ? Infinity : acceptUnkeyedUntil?.getTime() ?? -Infinity;
    if (keys === undefined) {
      this.newest = UNKEYED;
      return;
    }
    if (!Array.isArray(keys) || keys.length === 0) {
      const shown = Array.isArray(keys) ? 'an empty array' : showHidden(keys);
      throw new TypeError(`keys is ${shown}: it must be an array of at least one { id, secret }, the newest first; leave it out to have none`);
    }
    for (const [index, key] of keys.entries()) this.#add(index, key);
    this.newest = (keys[0] as EncryptionKey).id;

  }

  /** Returns the secret with a name, if it may be used. */
  secretOf(name: string): KeyObject | undefined {

    if (name === UNKEYED) return Date.now() < this.#unkeyedUntil ? NO_SECRET : undefined;
    return this.#secrets.get(name);

  }

  #add(index: number, key: EncryptionKey | null | undefined): void {

    const { id, secret } = key ?? {};
    if (typeof id !== 'string' || !/^[\w-]{1,32}$/.test(id)) {
      throw new TypeError(`keys[${index}].id is ${showHidden(id)}: it must be 1 to 32 letters, digits, _ and -`);
    }
    if (this.#secrets.has(id)) throw new TypeError(`keys[${index}].id is "${id}", like that of another key: each must differ`);
    if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
      throw new TypeError(`The secret of the key "${id}" is ${showHidden(secret)}: it must be a text or a Uint8Array`);
    }
    const bytes = Buffer.from(secret as string);
    if (bytes.length < SHORTEST) {
      throw new TypeError(`The secret of the key "${id}" has ${bytes.length} bytes: it must have at least ${SHORTEST}`);
    }
    this.#secrets.set(id, createSecretKey(bytes));

  }

}

/** Describes a value that may be a secret in the wrong place. */
function showHidden(value: unknown): string {

  return typeof value === 'string' ? `a text of ${value.length} characters` : show(value);

}
