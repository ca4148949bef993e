import { andThen } from '../base/awaitable.js';
import { SessionCookieError, SessionStoreError } from '../base/errors.js';
import type { Awaitable } from '../base/store.js';
import type { Save } from './save.js';

/**
 * Reserves the id that a new or moved session will have. Later calls return the
 * same id until it is used or released.
 *
 * @throws {SessionStoreError} if the store makes ids that can't be used
 */
export function reserveId(save: Pick<Save, 'session' | 'stored' | 'wanted' | 'shared'>): Awaitable<string> {

  const { session, shared: { store, isUsable } } = save;
  if (session.newId !== undefined) return session.newId;
  return andThen(store.newSessionId(movingId(save)), (id: unknown) => {
    if (typeof id !== 'string' || !isUsable(id)) {
      throw new SessionStoreError(
        'newSessionId() returned something that can\'t be an id: it must be a printable text of at most 512 characters, fit into a cookie, and pass the store\'s isSessionId()',
      );
    }
    return session.reserve(id);
  });

}

/** @throws {SessionCookieError} if the response can't carry a cookie */
export function requireCookie({ visit: { noCookie } }: Save): void {

  if (noCookie !== undefined) throw new SessionCookieError(noCookie);

}

/** The id that the new one replaces. If the user leaves, there is none, since the new session is then another record. */
function movingId({ stored, wanted: { user } }: Pick<Save, 'stored' | 'wanted'>): string | undefined {

  if (stored.kind !== 'live') return undefined;
  return stored.user === null || user === undefined || user === stored.user ? stored.id : undefined;

}
