import { andThen } from '../base/awaitable.js';
import { SessionStoreError } from '../base/errors.js';
import { type LoadedSession, NOTHING, unixTime } from './load-session.js';
import { infoWithNewId, newInfo, type CookieAction, lifeOf, live, overtaken, requireCookie, revoked, type Saving } from './saving.js';
import { type Info, readDetails } from '../info/session-details.js';
import { keptFormSecret } from '../id/form-secret.js';
import { derivedHandle } from '../id/session-id.js';
import type { Session, Wanted } from '../session/session.js';
import { publishCreated, publishDestroyed } from '../events/session-events.js';
import type { Awaitable, SessionTexts } from '../base/store.js';
import { type ListedSession, nextTurn, overLimit } from './user-limit.js';

/** A sign-in without a limit that has found more sessions of its user than this is the last to look for a while. */
const CROWD = 100;

/** In seconds. */
const CROWD_REMEMBERED = 3600;

/** An id that is taken comes from a broken generator, which rarely repeats itself at once. */
const MOST_TRIES = 3;

/**
 * Puts a new session into the store.
 *
 * @param replaced the id of the session whose place it takes, if it does
 */
export function createSession(
  texts: SessionTexts, wanted: Wanted, session: Session, saving: Saving, replaced?: string,
): Awaitable<CookieAction> {

  requireCookie(saving);
  const { stored } = session;
  // What one sign-in comes from, all clicks on it do.
  const origin = replaced ?? (stored.kind === 'retired' ? stored.id : session.formSecret?.());
  const info = infoWithNewId(undefined, wanted, saving, origin && wanted.user ? derivedHandle(origin) : undefined);
  const created = () => {
    if (replaced !== undefined || wanted.user || wanted.regenerate || wanted.proved) session.leavesForms = true;
    return 'set' as const;
  };
  return info?.user == null
    ? andThen(createRecord(texts, info, session, saving), created)
    : signIn(texts, info, session, saving).then(created);

}

async function signIn(texts: SessionTexts, info: Info, session: Session, saving: Saving): Promise<void> {

  const { stored } = session;
  // The session that a first click of this sign-in has left is nobody's device.
  const ghost = stored.kind === 'retired' && stored.moved ? stored.id : undefined;
  try {
    await createRecord(texts, info, session, saving);
  } catch (error) {
    abandon(session.newId, info.user, error, saving);
    session.newId = undefined;
    throw error;
  }
  await afterSignIn(info, ghost, session, saving);

}

/**
 * Ends a session of a user whose id no one gets, since the store failed: it would
 * stay in the list of the user's devices. Without an answer it may or may not be
 * there. The store has kept the request waiting already, so no one waits for this.
 */
export function abandon(id: string | undefined, user: string | null | undefined, error: unknown, { store }: Saving): void {

  if (id === undefined || user == null || !store.canIndex || !(error instanceof SessionStoreError)) return;
  new Promise(resolve => resolve(store.end(id))).catch(() => {});

}

function createRecord(
  texts: SessionTexts, info: Info | undefined, session: Session, saving: Saving, triesLeft = MOST_TRIES,
): Awaitable<void> {

  return andThen(reserveId(session, saving), id => {
    const answer = saving.store.create(id, texts, { lifetime: lifeOf(saving, info), newInfo: newInfo(info, session.began, saving) });
    return andThen(answer, isCreated => {
      if (isCreated === 'revoked') throw revoked();
      if (isCreated) {
        session.committed(live(id, texts, info, saving));
        session.created = true;
        publishCreated(id, info?.user ?? null, saving.store);
        return;
      }
      session.newId = undefined;
      if (triesLeft > 1) return createRecord(texts, info, session, saving, triesLeft - 1);
      throw new SessionStoreError('newSessionId() returned only ids that are in use');
    });
  });

}

/**
 * The id that a new or moved session will have.
 *
 * @throws {SessionStoreError} if the store makes ids that can't be used
 */
export function reserveId(session: Session, { store, isUsable, settings }: Saving): Awaitable<string> {

  if (session.newId !== undefined) return session.newId;
  return andThen(store.newSessionId(movingId(session, settings.userOf)), (id: unknown) => {
    if (typeof id !== 'string' || !isUsable(id)) {
      throw new SessionStoreError(
        'newSessionId() returned what can\'t be an id: it must be a printable text of at most 512 characters, fit into a cookie, and pass the store\'s isSessionId()',
      );
    }
    // Another call may have come first: all must get the same.
    session.newId ??= id;
    return session.newId;
  });

}

/** The id whose place the new one takes; none where a user leaves, whose session must have a place of its own. */
function movingId(session: Session, userOf: Saving['settings']['userOf']): string | undefined {

  const { stored } = session;
  if (stored.kind !== 'live') return undefined;
  const { user } = session.wanted(userOf);
  return stored.user === null || user === undefined || user === stored.user ? stored.id : undefined;

}

/**
 * Ends what a sign-in with a new session leaves behind: ghosts of its own clicks,
 * and what the user has too much of.
 *
 * @throws {SessionEndedError} if another sign-in of the user has ended this one
 */
async function afterSignIn(info: Info, ghost: string | undefined, session: Session, saving: Saving): Promise<void> {

  try {
    await endOthers(info, ghost, session, saving);
  } catch (error) {
    abandon(session.id ?? session.newId, info.user, error, saving);
    session.committed(NOTHING);
    throw error;
  }

}

/** @throws {SessionStoreError} if the user's sessions can't be counted now: nothing has happened then */
export async function canCount(info: Info, saving: Saving): Promise<void> {

  if (info.user !== null && saving.settings.maxUserSessions !== undefined) await listed(info.user, saving);

}

/**
 * Ends what a user has too much of, where a session has become the user's that
 * there was before. Its former id leads nowhere any more: if the store fails now,
 * the visitor keeps what he has, and the next sign-in counts again.
 *
 * @throws {SessionEndedError} if another sign-in of the user has ended it
 */
export async function afterMove(info: Info, session: Session, saving: Saving): Promise<void> {

  try {
    await endOthers(info, undefined, session, saving);
  } catch (error) {
    if (!(error instanceof SessionStoreError)) throw error;
  }

}

async function endOthers(info: Info, ghost: string | undefined, session: Session, saving: Saving): Promise<void> {

  const { store, settings } = saving;
  const { user, details: { origin } } = info;
  if (user === null || !store.canIndex) return;
  if (ghost !== undefined) await store.endSessionsOf(user, { only: store.handleOf(ghost) });
  const { maxUserSessions = Infinity } = settings;
  if (maxUserSessions === Infinity && (origin === undefined || isCrowd(user, saving))) return;

  for (let hasBegunAgain = false; ; hasBegunAgain = true) {
    const own = store.handleOf(session.id as string);
    const sessions = await listed(user, saving);
    if (!sessions.some(({ handle }) => handle === own)) throw overtaken();
    const { surplus, isTooMany, isEarlierClick } = overLimit(sessions, own, maxUserSessions);
    if (isEarlierClick) {
      await end(session.id, user, saving);
      throw overtaken();
    }
    if (isTooMany && !hasBegunAgain) {
      await beginAgain(info, nextTurn(sessions), session, saving);
      continue;
    }
    for (const handle of surplus) await store.endSessionsOf(user, { only: handle });
    if (!isTooMany) return;
    await end(session.id, user, saving);
    throw overtaken();
  }

}

/** Whether a user has so many sessions that to find a click among them costs too much: whoever knows a form's secret can ask for that at will. */
function isCrowd(user: string, { crowds }: Saving): boolean {

  return crowds.idle(derivedHandle(user), Infinity, unixTime()) < CROWD_REMEMBERED;

}

async function listed(user: string, { store, uses, crowds }: Saving): Promise<ListedSession[]> {

  const sessions = await store.sessionsOf(user);
  const now = unixTime();
  if (sessions.length > CROWD) crowds.note(derivedHandle(user), now);
  return sessions.map(({ handle, details, idle }) => (
    { created: 0, ...readDetails(details), handle, idle: uses?.idle(handle, idle, now) ?? idle }
  ));

}

/**
 * Puts a session that nobody has the id of yet behind those that began at the
 * same moment. It gets another handle: others may be ending the one that it has.
 * The new one stands before the old one goes, as what it holds may be all there is.
 */
async function beginAgain(info: Info, turn: number, session: Session, saving: Saving): Promise<void> {

  const before = session.stored as LoadedSession;
  // What others had saved before it was moved is there, too.
  const found = await saving.store.load(before.id);
  if (found?.status !== 'live') throw overtaken();
  session.committed(NOTHING);
  try {
    const forms = keptFormSecret(before, await reserveId(session, saving));
    await createRecord(found.texts, { ...info, details: { ...info.details, ...forms, turn } }, session, saving);
  } catch (error) {
    abandon(session.newId, info.user, error, saving);
    session.committed(before);
    throw error;
  }
  // This request knows of no more than before.
  session.stored = { ...(session.stored as unknown as LoadedSession), texts: before.texts };
  await end(before.id, info.user, saving);

}

async function end(id: string | null, user: string | null, { store }: Saving): Promise<void> {

  if (id !== null && await store.end(id)) publishDestroyed(id, user, store);

}
