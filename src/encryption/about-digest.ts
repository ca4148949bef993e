import { createHash } from 'node:crypto';
import type { SessionAbout } from '../store.js';
import { withLengths } from './sealed-text.js';

/** Of a session that is nothing beside its values. */
export const NOTHING_ABOUT = Buffer.alloc(0);

/** Of how many sessions it is remembered. */
const MOST_KNOWN = 10_000;

/** A digest of what a session is: equal only for what is equal. */
export function aboutDigest(about: SessionAbout | undefined): Buffer {

  if (about === undefined) return NOTHING_ABOUT;
  const { user, details } = about;
  const parts = [Buffer.from(details, 'utf16le')];
  if (user !== null) parts.push(Buffer.from(user, 'utf16le'));
  return createHash('sha256').update(withLengths(parts)).digest();

}

/**
 * What sessions are, by the ids under which they are stored: a change of values
 * is sealed together with it, and is not told. It does not change while a session
 * has its id, so what is remembered can't be outdated.
 */
export class KnownAbouts {

  readonly #digests = new Map<string, Buffer>();

  get(storedId: string): Buffer | undefined {

    return this.#digests.get(storedId);

  }

  set(storedId: string, digest: Buffer): void {

    // Last in the map, so that it begins with the one that was used longest ago.
    this.#digests.delete(storedId);
    this.#digests.set(storedId, digest);
    if (this.#digests.size > MOST_KNOWN) this.#digests.delete(this.#digests.keys().next().value as string);

  }

  delete(storedId: string): void {

    this.#digests.delete(storedId);

  }

}
