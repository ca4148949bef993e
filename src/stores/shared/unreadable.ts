import { SessionStoreError } from '../../base/errors.js';
import type { SessionTexts } from '../../base/store.js';

/**
 * The error of a stored session that can't be read: no store of ours has written
 * it. If it counted as unknown, its visitor would begin another session.
 */
export function unreadable(cause?: unknown): SessionStoreError {

  return new SessionStoreError('The stored session can\'t be read', cause === undefined ? {} : { cause });

}

/**
 * Texts that can't be read. The session does not count as empty, and has no key that
 * is asked for by name. Only a request that reads them fails, and the session can
 * still be ended.
 */
export function unreadableTexts(cause: unknown): SessionTexts {

  const fail = () => {
    throw unreadable(cause);
  };
  const known: Record<PropertyKey, unknown> = { size: 1, has: () => false };
  return new Proxy<SessionTexts>(new Map(), { get: (_, name) => known[name] ?? fail });

}
