import { sha256 } from '../../id/stored-id.js';
import { toAscii } from './ascii.js';

/*
 * By what a store finds the sessions of a user: SHA-256 in base64url, as short
 * for each user. The user is hashed as JSON, which has a text of its own for half
 * a surrogate pair; in UTF-8, all of these would be the same.
 */

export function userHash(user: string): string {

  return sha256(JSON.stringify(user));

}

/** The same for database servers, whose rows have had this hash from the start. */
export function asciiUserHash(user: string): string {

  return sha256(toAscii(JSON.stringify(user)));

}
