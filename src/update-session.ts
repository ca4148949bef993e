import { SessionEndedError, SessionStoreError } from './errors.js';
import { type LoadedSession, loadSession } from './load-session.js';
import {
  type CookieAction, CHANGE_TOO_LATE, lifetime, type Saving, saveSession, updated,
} from './save-session.js';
import type { Session } from './session.js';
import { difference, isEmpty, merge } from './session-change.js';
import { fromTexts, toTexts } from './session-values.js';
import type { Awaitable, SessionValues } from './store.js';

/** A session that others have changed so often meanwhile is in the hands of a loop. */
const MOST_TRIES = 1000;

/**
 * Reads, changes and stores the whole session as one atomic step: where another
 * request has changed it meanwhile, `update` is called again with what is stored
 * then. What this request had changed before is stored with it; only a new id it
 * must have already.
 *
 * @param update changes the values it is given, or returns new ones
 * @throws {SessionStoreError} if the store failed: not tried again, since the
 *   change may have been stored
 * @throws {SessionEndedError} if there is no session any more to change
 */
export async function updateSession(
  session: Session, saving: Saving,
  update: (values: SessionValues) => Awaitable<SessionValues | void>,
): Promise<CookieAction> {

  if (session.stored.kind !== 'live') {
    const replaced = await update(session.values);
    if (replaced) session.values = replaced;
    return saveSession(session, saving);
  }

  const { id } = session.stored;
  let latest: LoadedSession | undefined = session.stored;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (latest?.version === undefined) latest = await reload(id, saving);
    const values = fromTexts(merge(latest.texts, pendingChange(session)));
    const wanted = toTexts(await update(values) ?? values);
    const change = difference(latest.texts, wanted);
    let action: CookieAction = 'keep';
    if (isEmpty(change)) {
      session.committed(latest);
    } else {
      const answer = await saving.store.update(id, change, lifetime(saving.settings), latest.version);
      if (answer === 'gone') throw new SessionEndedError(CHANGE_TOO_LATE);
      if (answer === 'conflict') {
        latest = undefined;
        continue;
      }
      session.stored = latest;
      action = updated(answer, wanted, session, saving);
    }
    session.refresh();
    return action;
  }
  throw new SessionStoreError('The session was changed by others again and again');

}

async function reload(id: string, { store, now }: Saving): Promise<LoadedSession> {

  const loaded = await loadSession([id], store, now());
  if (loaded.kind !== 'live') throw new SessionEndedError(CHANGE_TOO_LATE);
  return loaded;

}

/** What the request has changed so far and not stored yet. */
function pendingChange(session: Session) {

  if (session.stored.kind !== 'live') throw new SessionEndedError(CHANGE_TOO_LATE);
  return difference(session.stored.texts, session.wanted().texts);

}
