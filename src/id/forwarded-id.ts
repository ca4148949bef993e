import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { ForwardedId } from '../about/session-about.js';

/*
 * For a short time, who carries the former id of a session is led to the id that
 * it has now, if the new id came without any change of rights. The new id stands
 * in the store, but only the former one opens it.
 */

const NONCE = 12;
const TAG = 16;
const ALGORITHM = 'aes-256-gcm';

/** @param until Unix timestamp in seconds */
export function forwardId(formerId: string, newId: string, until: number): ForwardedId {

  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(ALGORITHM, keyOf(formerId), nonce, { authTagLength: TAG });
  const sealed = Buffer.concat([nonce, cipher.update(newId, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { sealed: sealed.toString('base64url'), until };

}

/**
 * The id that a session has now; null for an id that is not the one before, and
 * when the time is over.
 *
 * @param now Unix timestamp in seconds
 */
export function forwardedId(formerId: string, { sealed, until }: ForwardedId, now: number): string | null {

  if (typeof until !== 'number' || !(until > now) || typeof sealed !== 'string') return null;
  try {
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv(ALGORITHM, keyOf(formerId), bytes.subarray(0, NONCE), { authTagLength: TAG });
    decipher.setAuthTag(bytes.subarray(-TAG));
    return decipher.update(bytes.subarray(NONCE, -TAG), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }

}

function keyOf(id: string): Buffer {

  return createHmac('sha256', id).update('@curveball/session forward').digest();

}
