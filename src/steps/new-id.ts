import { andThen } from '../base/awaitable.js';
import { SessionCookieError, SessionStoreError } from '../base/errors.js';
import type { Awaitable } from '../base/store.js';
import type { Save } from './save.js';

/**
 * Reserves the id that a new or moved session will have.
 *
 * @throws {SessionStoreError} if the store makes ids that can't be used
 */
export function reserveId(save: Pick<Save, 'session' | 'wanted' | 'shared'>): Awaitable<string> {

  const { session, shared: { store, isUsable } } = save;
  if (session.newId !== undefined) return session.newId;
  return andThen(store.newSessionId(movingId(save)), (id: unknown) => {
    if (typeof id !== 'string' || !isUsable(id)) {
      throw new SessionStoreError(
        'newSessionId() returned what can\'t be an id: it must be a printable text of at most 512 characters, fit into a cookie, and pass the store\'s isSessionId()',
      );
    }
    return session.reserve(id);
  });

}

/** @throws {SessionCookieError} where the response can't carry a cookie */
export function requireCookie({ noCookie }: Pick<Save, 'noCookie'>): void {

  if (noCookie !== undefined) throw new SessionCookieError(noCookie);

}

/** The id whose place the new one takes; none where a user leaves, whose session must have a place of its own. */
function movingId({ session: { stored }, wanted: { user } }: Pick<Save, 'session' | 'wanted'>): string | undefined {

  if (stored.kind !== 'live') return undefined;
  return stored.user === null || user === undefined || user === stored.user ? stored.id : undefined;

}
