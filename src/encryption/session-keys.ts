import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { HANDLE_LENGTH } from '../id/session-id.js';
import { isStoredId } from '../id/stored-id.js';
import { type KeyRing, NO_SECRET } from './key-ring.js';

/**
 * What follows from a session's id: where the session is stored, and what opens
 * its values. Derived as HKDF does (RFC 5869), each for one use alone.
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

  /** What opens and seals this session's values under a key of the application; nothing where it has no such key. */
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
 * The id under which a session is stored. It does not depend on the application's
 * keys: a session is found whichever of them is the newest.
 */
export function storedIdOf(id: string): string {

  const secret = lettersOf(expand(extract(NO_SECRET, id), 'storage'));
  return handleIn(isStoredId(id) ? id : secret) + secret;

}

/** The public part that an id begins with, and the id under which its session is stored, too. */
export function handleIn(id: string): string {

  return id.slice(0, HANDLE_LENGTH);

}

function extract(salt: KeyObject, id: string): Buffer {

  return createHmac('sha256', salt).update(id).digest();

}

function expand(pseudorandomKey: Buffer, use: string): Buffer {

  return createHmac('sha256', pseudorandomKey).update(`@curveball/session ${use}\u0001`).digest();

}

/** 43 letters and digits: of 256 bits, four are lost where base64 has signs. */
function lettersOf(bytes: Buffer): string {

  return bytes.toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y');

}
