import { SessionStoreError } from '../base/errors.js';
import { unixTime } from '../base/time.js';
import { publishDestroyed } from '../events/session-events.js';
import { keptFormSecret } from '../id/form-secret.js';
import { derivedHandle } from '../id/session-id.js';
import { type Info, readDetails } from '../info/session-details.js';
import { type LiveStored, NOTHING } from '../session/stored-session.js';
import { abandon, createRecord } from './create-record.js';
import { reserveId } from './new-id.js';
import { overtaken } from './refusals.js';
import type { Save, Shared } from './save.js';
import { type ListedSession, nextTurn, overLimit } from './user-limit.js';

/** A sign-in without a limit that has found more sessions of its user than this is the last to look for a while. */
const CROWD = 100;

/** In seconds. */
const CROWD_REMEMBERED = 3600;

/**
 * Ends what a sign-in with a new session leaves behind: sessions of earlier
 * clicks on it, and those that the user has too many.
 *
 * @param ghost the id of the session that a first click of this sign-in has left
 * @throws {SessionEndedError} if another sign-in of the user has ended this one
 */
export async function afterSignIn(info: Info, ghost: string | undefined, save: Save): Promise<void> {

  const { session, shared } = save;
  try {
    await endOthers(info, ghost, save);
  } catch (error) {
    abandon(session.id ?? session.newId, info.user, error, shared);
    session.committed(NOTHING);
    throw error;
  }

}

/** @throws {SessionStoreError} if the user's sessions can't be counted now: nothing has happened then */
export async function canCount({ user }: Info, shared: Shared): Promise<void> {

  if (user !== null && shared.settings.maxUserSessions !== undefined) await listed(user, shared);

}

/**
 * Ends the sessions that a user has too many, after an existing session has
 * become the user's. Its former id leads nowhere any more: if the store fails now,
 * the visitor keeps the session, and the next sign-in counts again.
 *
 * @throws {SessionEndedError} if another sign-in of the user has ended it
 */
export async function afterMove(info: Info, save: Save): Promise<void> {

  try {
    await endOthers(info, undefined, save);
  } catch (error) {
    if (!(error instanceof SessionStoreError)) throw error;
  }

}

async function endOthers(info: Info, ghost: string | undefined, save: Save): Promise<void> {

  const { session, shared } = save;
  const { store, settings: { maxUserSessions = Infinity } } = shared;
  const { user, details: { origin } } = info;
  if (user === null || !store.canIndex) return;
  if (ghost !== undefined) await store.endSessionsOf(user, { only: store.handleOf(ghost) });
  if (maxUserSessions === Infinity && (origin === undefined || isCrowd(user, shared))) return;

  for (let hasBegunAgain = false; ; hasBegunAgain = true) {
    const own = store.handleOf(session.id as string);
    const sessions = await listed(user, shared);
    if (!sessions.some(({ handle }) => handle === own)) throw overtaken();
    const { surplus, isTooMany, isEarlierClick } = overLimit(sessions, own, maxUserSessions);
    if (isEarlierClick) {
      await end(session.id, user, shared);
      throw overtaken();
    }
    if (isTooMany && !hasBegunAgain) {
      await beginAgain(info, nextTurn(sessions), save);
      continue;
    }
    for (const handle of surplus) await store.endSessionsOf(user, { only: handle });
    if (!isTooMany) return;
    await end(session.id, user, shared);
    throw overtaken();
  }

}

/** Whether finding a click among the user's sessions costs too much: anyone who knows a form's secret can ask for that at will. */
function isCrowd(user: string, { crowds }: Shared): boolean {

  return crowds.idle(derivedHandle(user), Infinity, unixTime()) < CROWD_REMEMBERED;

}

async function listed(user: string, { store, uses, crowds }: Shared): Promise<ListedSession[]> {

  const sessions = await store.sessionsOf(user);
  const now = unixTime();
  if (sessions.length > CROWD) crowds.note(derivedHandle(user), now);
  return sessions.map(({ handle, details, idle }) => (
    { created: 0, ...readDetails(details), handle, idle: uses?.idle(handle, idle, now) ?? idle }
  ));

}

/**
 * Puts a session whose id no browser has yet behind those that began at the same
 * moment. It gets another handle, since others may be ending the one that it has.
 * The new session is stored before the old one is ended: what that holds may be
 * the only copy.
 */
async function beginAgain(info: Info, turn: number, save: Save): Promise<void> {

  const { session, shared } = save;
  const before = session.stored as LiveStored;
  // What others had saved before it was moved is there, too.
  const found = await shared.store.load(before.id);
  if (found?.status !== 'live') throw overtaken();
  session.committed(NOTHING);
  try {
    const forms = keptFormSecret(before, await reserveId(save));
    await createRecord(found.texts, { ...info, details: { ...info.details, ...forms, turn } }, save);
  } catch (error) {
    abandon(session.newId, info.user, error, shared);
    session.committed(before);
    throw error;
  }
  // This request knows of no more than before.
  session.refound({ ...(session.stored as LiveStored), texts: before.texts });
  await end(before.id, info.user, shared);

}

async function end(id: string | null, user: string | null, { store }: Shared): Promise<void> {

  if (id !== null && await store.end(id)) publishDestroyed(id, user, store);

}
