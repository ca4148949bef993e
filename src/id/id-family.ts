import { createHash } from 'node:crypto';
import { HANDLE_LENGTH } from './session-id.js';

/*
 * The ids that a session gets one after the other by renewal are a family. They
 * have a part of the secret in common, which is as random as the rest of it, and
 * of which only a hash is stored. So a session can tell an id that it had before,
 * however long ago that was, and no one else can make one up from the handle,
 * which is public. The rest of each new id is new: 131 bits.
 *
 * A sign-in gives an id of another family: whoever planted the one before must
 * not be known any more.
 */

/** The length of the part in common, in characters: 125 bits. */
const FAMILY_LENGTH = 21;

/** Ids of another length, or of other characters, are those of other stores. */
const IDS = /^[A-Za-z\d]{59}$/;

/** A new id, in the family of the one before; another store's ids are left as they are. */
export function renewedId(formerId: string, newId: string): string {

  if (!IDS.test(formerId) || !IDS.test(newId) || !newId.startsWith(formerId.slice(0, HANDLE_LENGTH))) return newId;
  const end = HANDLE_LENGTH + FAMILY_LENGTH;
  return [formerId.slice(0, end), newId.slice(end)].join('');

}

/** What may be stored of an id's family: 96 bits of a hash; nothing for another store's id. */
export function familyOf(id: string): string | undefined {

  if (!IDS.test(id)) return undefined;
  const family = id.slice(0, HANDLE_LENGTH + FAMILY_LENGTH);
  return createHash('sha256').update(`@curveball/session family ${family}`).digest('base64url').slice(0, 16);

}
