import { createHash } from 'node:crypto';
import { HANDLE_LENGTH, newSessionId } from '../id/session-id.js';

/**
 * Makes the handle of a lock: the same for all requests of one session that name one
 * key, and for no other. It can't be chosen, so no visitor can lock another's session.
 *
 * @param session the handle of the session, which stays the same when the session gets a new id
 */
export function lockHandle(session: string, key: string): string {

  const hash = createHash('sha256').update(JSON.stringify(['@curveball/session exclusive', session, key])).digest('base64url');
  // Ids have letters and digits only.
  return hash.replace(/[-_]/g, '').slice(0, HANDLE_LENGTH);

}

/** Makes the id of a lock that one holder has, or tries to get: its handle, and a secret of the holder. */
export function newLockId(handle: string): string {

  return handle + newSessionId();

}
