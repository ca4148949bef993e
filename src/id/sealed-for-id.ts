import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/*
 * Texts in the store that only the holder of a session's id can read. A dump of
 * the store contains no id, and so no one can open them with it.
 */

const NONCE = 12;
const TAG = 16;
const ALGORITHM = 'aes-256-gcm';

/**
 * Seals a text for an id.
 *
 * @param purpose separates the keys of different uses
 */
export function sealedForId(id: string, purpose: string, text: string): string {

  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(ALGORITHM, keyOf(id, purpose), nonce, { authTagLength: TAG });
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');

}

/** Opens a sealed text; returns null if it was sealed for another id or another purpose, or is damaged. */
export function openedWithId(id: string, purpose: string, sealed: unknown): string | null {

  if (typeof sealed !== 'string') return null;
  try {
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv(ALGORITHM, keyOf(id, purpose), bytes.subarray(0, NONCE), { authTagLength: TAG });
    decipher.setAuthTag(bytes.subarray(-TAG));
    return decipher.update(bytes.subarray(NONCE, -TAG), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }

}

function keyOf(id: string, purpose: string): Buffer {

  return createHmac('sha256', id).update(`@curveball/session ${purpose}`).digest();

}
