import { SessionEndedError, SessionStoreError } from './errors.js';
import { type Loaded, loadSession, textsOf } from './load-session.js';
import { CHANGE_TOO_LATE, type CookieAction, carryOut, lifetime, type Saving, updated } from './save-session.js';
import type { Session } from './session.js';
import { difference, isEmpty, merge, sessionChange, type WantedState } from './session-change.js';
import { fromTexts, isPlainObject, NO_TEXTS, toTexts } from './session-values.js';
import type { Awaitable, SessionTexts, SessionValues } from './store.js';

/** Changes the values it is given, or returns others in a plain object. May be called more than once. */
export type SessionUpdate = (values: SessionValues) => Awaitable<SessionValues | void>;

/** A session that others have changed so often meanwhile is in the hands of a loop. */
const MOST_TRIES = 1000;

/**
 * Reads, changes and stores the whole session as one atomic step: where another
 * request has changed it meanwhile, `update` is called again with what is stored
 * then. What this request had changed before is stored with it; only a new id it
 * must have already.
 *
 * @throws {SessionStoreError} if the store failed: not tried again, since the
 *   change may have been stored
 * @throws {SessionEndedError} if there is no session any more to change
 */
export async function updateSession(
  session: Session, saving: Saving, update: SessionUpdate,
): Promise<CookieAction> {

  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const before = session.stored;
    const latest = await latestOf(before, saving, tries > 0);
    const wanted = session.take();
    // A new id is not given here: the wish stands until the session is saved.
    if (latest.kind === 'live') session.regenerate = wanted.regenerate;
    try {
      const pending = difference(textsOf(session.stored), wanted.texts);
      const base = wanted.cleared ? NO_TEXTS : merge(textsOf(latest), pending);
      const texts = await updatedTexts(base, update);
      const action = await session.inTurn(() => {
        if (session.stored === before) return attempt(latest, { ...wanted, texts }, session, saving);
        // The handler itself has stored something meanwhile: `latest` is not the latest any more.
        if (before.kind === 'live' && session.id === null) throw new SessionEndedError(CHANGE_TOO_LATE);
        return 'conflict';
      });
      if (action !== 'conflict') {
        session.refresh(wanted.texts);
        return action;
      }
    } catch (error) {
      session.giveBack(wanted);
      throw error;
    }
    session.giveBack(wanted);
  }
  throw new SessionStoreError('The session was changed by others again and again');

}

/**
 * What a function makes of texts: the values that it changed, or another plain
 * object that it returned. Whatever else it returns is the value of an arrow
 * function's expression, as in `session => session.visits++`.
 */
async function updatedTexts(before: SessionTexts, update: SessionUpdate): Promise<SessionTexts> {

  const values = fromTexts(before);
  const returned = await update(values);
  const changed = toTexts(values, before);
  if (!isPlainObject(returned) || holds(values, returned)) return changed;
  const texts = toTexts(returned, changed);
  if (changed !== before && texts !== changed) {
    throw new TypeError('The function of updateSession() changed the session and returned another object: it must do one of the two');
  }
  return texts;

}

/** Whether an object is the other or stands somewhere in it, as in `session => session.cart = {}`. */
function holds(container: unknown, object: object): boolean {

  if (container === object) return true;
  return typeof container === 'object' && container !== null
    && Object.values(container).some(member => holds(member, object));

}

/** Stores what `update` made of `latest`, if that is what is stored. */
async function attempt(
  latest: Loaded, wanted: WantedState, session: Session, saving: Saving,
): Promise<CookieAction | 'conflict'> {

  if (latest.kind !== 'live') {
    const cleared = wanted.cleared && wanted.texts.size === 0;
    return carryOut(sessionChange(latest, { ...wanted, cleared }, false), wanted.texts, session, saving);
  }

  const { id, version } = latest;
  const change = difference(latest.texts, wanted.texts);
  if (isEmpty(change)) {
    session.committed(latest);
    return 'keep';
  }
  const answer = await saving.store.update(id, change, lifetime(saving.settings), version);
  if (answer === 'conflict') return 'conflict';
  if (answer === 'gone') throw new SessionEndedError(CHANGE_TOO_LATE);
  session.stored = latest;
  return updated(answer, wanted.texts, session, saving);

}

/** What is stored, with the version that a change of it must name. */
async function latestOf(stored: Loaded, { store, now }: Saving, isOutdated: boolean): Promise<Loaded> {

  if (stored.kind !== 'live' || (stored.version !== undefined && !isOutdated)) return stored;
  const latest = await loadSession([stored.id], store, now);
  if (latest.kind !== 'live') throw new SessionEndedError(CHANGE_TOO_LATE);
  return latest;

}
