import { SessionStoreError } from '../../base/errors.js';
import type { SessionTexts } from '../../base/store.js';

/**
 * The error of a session that is there and can't be read: nothing that a store
 * of ours has written. It is no unknown session, whose visitor could begin anew.
 */
export function unreadable(cause?: unknown): SessionStoreError {

  return new SessionStoreError('What is stored of the session can\'t be read', cause === undefined ? {} : { cause });

}

/**
 * Texts that can't be read. There are some, so the session is not empty; only a
 * request that looks into them fails, and the session can still be ended.
 */
export function unreadableTexts(cause: unknown): SessionTexts {

  const fail = () => {
    throw unreadable(cause);
  };
  return new Proxy<SessionTexts>(new Map(), { get: (_, name) => name === 'size' ? 1 : fail });

}
