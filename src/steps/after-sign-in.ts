import { SessionStoreError } from '../base/errors.js';
import type { EndReason } from '../base/store.js';
import { unixTime } from '../base/time.js';
import { publishDestroyed, publishEnded } from '../events/session-events.js';
import { keptFormSecret } from '../id/form-secret.js';
import { derivedHandle } from '../id/session-id.js';
import { type Info, readDetails } from '../info/session-details.js';
import { type LiveStored, NOTHING } from '../session/stored-session.js';
import { abandon, createRecord } from './create-record.js';
import { reserveId } from './new-id.js';
import { endedByOtherSignIn } from './refusals.js';
import type { Save, Shared } from './save.js';
import type { UserPlace } from './user-place.js';
import { isPlaceholder, type ListedSession, nextTurn, overLimit } from './user-limit.js';

/**
 * A user with more sessions than this is a crowd. Where there is no limit,
 * sign-ins of such a user do not search the user's sessions for an earlier click.
 */
const CROWD = 100;

/** Seconds for which a crowd is remembered. */
const CROWD_REMEMBERED = 3600;

/**
 * Ends the sessions that a sign-in with a new session makes superfluous: those of
 * earlier clicks on the same button, and those beyond the user's limit.
 *
 * @param firstClickId the id under which the first click of this sign-in left a session
 * @throws {SessionEndedError} if another sign-in of the user has ended this one
 * @throws {SessionStoreError} if the store fails; the new session is ended then
 */
export async function afterSignIn(info: Info, firstClickId: string | undefined, save: Save, place?: UserPlace): Promise<void> {

  const { session, shared } = save;
  try {
    await place?.fill();
    await endOthers(info, firstClickId, save);
  } catch (error) {
    abandon(session.id ?? session.newId, info.user, error, shared);
    session.committed(NOTHING);
    throw error;
  }

}

/**
 * Checks, before anything is stored, that the user's sessions can be counted.
 *
 * @throws {SessionStoreError} if they can't
 */
export async function checkCountable({ user }: Info, shared: Shared): Promise<void> {

  if (user !== null && shared.settings.maxUserSessions?.atLimit === 'end-oldest') await listed(user, shared);

}

/**
 * Ends a user's sessions beyond the limit, after an existing session has become
 * that user's. If the store fails now, the visitor keeps the session, since its
 * former id is retired already; the next sign-in counts again.
 *
 * @throws {SessionEndedError} if another sign-in of the user has ended the session
 */
export async function afterMove(info: Info, save: Save, place?: UserPlace): Promise<void> {

  try {
    await place?.fill();
    await endOthers(info, undefined, save);
  } catch (error) {
    if (!(error instanceof SessionStoreError)) throw error;
  }

}

async function endOthers(info: Info, firstClickId: string | undefined, save: Save): Promise<void> {

  const { session, shared } = save;
  const { store, settings: { maxUserSessions: limit } } = shared;
  const most = limit?.atLimit === 'end-oldest' ? limit.count : Infinity;
  const { user, details: { origin } } = info;
  if (user === null || !store.canIndex) return;
  if (firstClickId !== undefined) await endOther(store.handleOf(firstClickId), user, shared, 'signed-out');
  // Where sign-ins are refused at the limit, clicks of one sign-in are not counted, so all but one must end.
  if (most === Infinity && (origin === undefined || (!limit && isCrowd(user, shared)))) return;

  for (let hasBegunAgain = false; ; hasBegunAgain = true) {
    const own = store.handleOf(session.id as string);
    const sessions = (await listed(user, shared)).filter(session => !isPlaceholder(session));
    if (!sessions.some(({ handle }) => handle === own)) throw endedByOtherSignIn();
    const { surplus, isTooMany, isEarlierClick } = overLimit(sessions, own, most);
    if (isEarlierClick) {
      await end(session.id, user, shared, 'signed-out');
      throw endedByOtherSignIn();
    }
    if (isTooMany && !hasBegunAgain) {
      await beginAgain(info, nextTurn(sessions), save);
      continue;
    }
    for (const handle of surplus) await endOther(handle, user, shared, 'limit');
    if (!isTooMany) return;
    await end(session.id, user, shared, 'limit');
    throw endedByOtherSignIn();
  }

}

/** Whether searching the user's sessions costs too much: anyone who knows a form's secret can cause as many searches as they like. */
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
 * Gives a session whose id no browser has yet a later place than those that began
 * at the same moment. It also gets another handle, since other sign-ins may be
 * ending the old one. The new record is stored before the old one is ended, which
 * may hold the only copy of the values.
 */
async function beginAgain(info: Info, turn: number, save: Save): Promise<void> {

  const { session, shared } = save;
  const before = session.stored as LiveStored;
  // It may hold changes that other requests saved before this sign-in moved it.
  const found = await shared.store.load(before.id);
  if (found?.status !== 'live') throw endedByOtherSignIn();
  session.committed(NOTHING);
  try {
    const anew = { ...save, stored: NOTHING };
    const forms = keptFormSecret(before, await reserveId(anew));
    await createRecord(found.texts, { ...info, details: { ...info.details, ...forms, turn } }, anew);
  } catch (error) {
    abandon(session.newId, info.user, error, shared);
    session.committed(before);
    throw error;
  }
  // The request goes on with the texts that it knows. It has not seen what others changed.
  session.nowStored({ ...(session.stored as LiveStored), texts: before.texts });
  await end(before.id, info.user, shared, 'signed-out');

}

/** Ends another session of the user. */
async function endOther(handle: string, user: string, { store }: Shared, reason: EndReason): Promise<void> {

  publishEnded(await store.endSessionsOf(user, { only: handle, reason }), user, reason, store);

}

async function end(id: string | null, user: string | null, { store }: Shared, reason: EndReason): Promise<void> {

  if (id !== null && await store.end(id, { reason })) publishDestroyed(id, user, reason, store);

}
