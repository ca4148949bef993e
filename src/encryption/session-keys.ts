import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { HANDLE_LENGTH } from '../id/session-id.js';
import { isStoredId } from '../id/stored-id.js';
import { type KeyRing, NO_SECRET } from './key-ring.js';

/**
 * What is derived from a session's id: the id under which the session is stored,
 * and the keys of its values. HKDF (RFC 5869) derives each for one use only.
 */
export class SessionKeys {

  readonly storedId: string;

  readonly #id: string;
  readonly #ring: KeyRing;
  readonly #keys = new Map<string, KeyObject>();

  constructor(id: string, ring: KeyRing) {

    this.#id = id;
    this.#ring = ring;
    this.storedId = storedIdOf(id);

  }

  /** The name of the key that seals. */
  get newest(): string {

    return this.#ring.newest;

  }

  /** Returns the key of this session's values that belongs to a key of the application; nothing if there is no such key. */
  valuesKey(name: string): KeyObject | undefined {

    let key = this.#keys.get(name);
    if (key) return key;
    const secret = this.#ring.secretOf(name);
    if (!secret) return undefined;
    key = createSecretKey(expand(extract(secret, this.#id), 'values'));
    this.#keys.set(name, key);
    return key;

  }

}

/**
 * Returns the id under which a session is stored. It does not depend on the
 * application's keys, so a session is found whichever of them is the newest.
 */
export function storedIdOf(id: string): string {

  const secret = lettersOf(expand(extract(NO_SECRET, id), 'storage'));
  return handleIn(isStoredId(id) ? id : secret) + secret;

}

/** Returns the public part of an id. The id under which its session is stored begins with it, too. */
export function handleIn(id: string): string {

  return id.slice(0, HANDLE_LENGTH);

}

function extract(salt: KeyObject, id: string): Buffer {

  return createHmac('sha256', salt).update(id).digest();

}

function expand(pseudorandomKey: Buffer, use: string): Buffer {

  return createHmac('sha256', pseudorandomKey).update(`@curveball/session ${use}\u0001`).digest();

}

/** Returns 43 letters and digits. Replacing the two signs of base64url costs four of the 256 bits. */
function lettersOf(bytes: Buffer): string {

  return bytes.toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y');

}
