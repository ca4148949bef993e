import { andThen } from '../base/awaitable.js';
import { SessionStoreError } from '../base/errors.js';
import type { Awaitable, SessionTexts } from '../base/store.js';
import { publishCreated } from '../events/session-events.js';
import type { Info } from '../info/session-details.js';
import { justStored } from '../session/stored-session.js';
import { reserveId } from './new-id.js';
import { toNewInfo } from './new-info.js';
import { userSessionsEnded } from './refusals.js';
import type { Save, Shared } from './save.js';

/** A generator that makes an id twice is broken, but rarely does so three times in a row. */
const MOST_TRIES = 3;

/**
 * Creates the record of a new session, under the reserved id, or under another if that one is in use.
 *
 * @throws {SessionEndedError} if the user's sessions were ended in the meantime
 * @throws {SessionStoreError} if the store fails, or returns only ids that are in use
 */
export function createRecord(texts: SessionTexts, info: Info | undefined, save: Save, triesLeft = MOST_TRIES): Awaitable<void> {

  const { session, visit, now, shared } = save;
  const { store, lifetimes } = shared;
  return andThen(reserveId(save), id => {
    const answer = store.create(id, texts, { lifetime: lifetimes.left(info), newInfo: toNewInfo(info, visit.began, shared) });
    return andThen(answer, isCreated => {
      if (isCreated === 'revoked') throw userSessionsEnded();
      if (isCreated) {
        session.created(justStored({ id, texts, info }, lifetimes, now));
        publishCreated(id, info?.user ?? null, store);
        return;
      }
      session.release();
      if (triesLeft > 1) return createRecord(texts, info, save, triesLeft - 1);
      throw new SessionStoreError('newSessionId() returned only ids that are in use');
    });
  });

}

/**
 * Ends a user's session that no browser will use, after the store has failed: it
 * would stay in the list of the user's devices. It is unknown whether it exists.
 * Returns at once, since the store has kept the request waiting already.
 */
export function abandon(id: string | undefined, user: string | null | undefined, error: unknown, { store }: Shared): void {

  if (id === undefined || user == null || !store.canIndex || !(error instanceof SessionStoreError)) return;
  new Promise(resolve => resolve(store.end(id))).catch(() => {});

}
