import { HANDLE_LENGTH } from '../../id/session-id.js';
import { handleOf, sha256, type StoredId } from '../../id/stored-id.js';

/*
 * The keys of sessions in memory: their ids. A session that came from another store
 * without its id has its handle and the hash of its id as its key, until it moves. A
 * space is between the two, which no id has, so this key opens no session.
 */

export function hashedKey({ handle, hash }: StoredId): string {

  return `${handle} ${hash}`;

}

function isHashed(key: string): boolean {

  return key[HANDLE_LENGTH] === ' ';

}

/** The handle of the session under a key. */
export function handleIn(key: string): string {

  return isHashed(key) ? key.slice(0, HANDLE_LENGTH) : handleOf(key);

}

/** The hash of the id of the session under a key. */
export function hashIn(key: string): string {

  return isHashed(key) ? key.slice(HANDLE_LENGTH + 1) : sha256(key);

}
