import { createHash } from 'node:crypto';
import { HANDLE_LENGTH } from './session-id.js';

/*
 * The ids that a session gets by one renewal after another are a family. They
 * have a part of the secret in common, which is as random as the rest of it, and
 * of which the store keeps only a hash. So an id that the session had before is
 * recognised, however long ago that was, and no one can make up such an id from
 * the handle, which is public. The rest of each new id is new: 131 bits.
 *
 * A sign-in gives the session an id of another family: the one before may have
 * been planted by an attacker, and must not be recognised any more.
 */

/** The length of the part in common, in characters: 125 bits. */
const FAMILY_LENGTH = 21;

/** The form of our stores' ids. Ids of another form are those of other stores. */
const IDS = /^[A-Za-z\d]{59}$/;

/** Puts a new id into the family of the former one; returns another store's id as it is. */
export function renewedId(formerId: string, newId: string): string {

  if (!IDS.test(formerId) || !IDS.test(newId) || !newId.startsWith(formerId.slice(0, HANDLE_LENGTH))) return newId;
  const end = HANDLE_LENGTH + FAMILY_LENGTH;
  return [formerId.slice(0, end), newId.slice(end)].join('');

}

/** Returns what may be stored of an id's family: 96 bits of a hash; undefined for another store's id. */
export function familyOf(id: string): string | undefined {

  if (!IDS.test(id)) return undefined;
  const family = id.slice(0, HANDLE_LENGTH + FAMILY_LENGTH);
  return createHash('sha256').update(`@curveball/session family ${family}`).digest('base64url').slice(0, 16);

}
