import { SessionStoreError } from '../../errors.js';

/**
 * The error of a session that is there and can't be read: nothing that a store
 * of ours has written. It is no unknown session, whose visitor could begin anew.
 */
export function unreadable(cause?: unknown): SessionStoreError {

  return new SessionStoreError('What is stored of the session can\'t be read', cause === undefined ? {} : { cause });

}
