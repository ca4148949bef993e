import { SessionLimitError, SessionStoreError } from '../base/errors.js';
import { unixTime } from '../base/time.js';
import type { UserSession } from '../base/user-session.js';
import { publishEnded, publishLimit } from '../events/session-events.js';
import { listedSessions } from '../info/listed-session.js';
import { type Info, readDetails } from '../info/session-details.js';
import { KEEPS_NOTHING } from '../values/other-record.js';
import { toNewInfo } from './new-info.js';
import { endedByOtherSignIn, userSessionsEnded } from './refusals.js';
import type { Save, Shared } from './save.js';
import { isPlaceholder, type ListedSession, placeVerdict } from './user-limit.js';

/*
 * `atLimit: 'refuse'`: a sign-in takes one of its user's places before it stores
 * anything else, with a placeholder: a record in the user's list that is no session. It
 * goes on only if it finds room for it, and gives it up when its session is stored
 * (docs/decisions/056).
 */

/** Seconds after which a placeholder is gone if its process dies. */
const PLACE_LIFETIME = 60;

/** How often a sign-in looks whether the others decide, before it is refused, and at most as often until the places that they have are sessions. */
const MOST_LOOKS = 12;

/** Milliseconds of the first pause between looks, and the longest. */
const PAUSES = { first: 4, longest: 250 };

/** A place that a sign-in has taken. */
export interface UserPlace {
  /** The handle of the placeholder, which the sign-in's session names in its details: the two count as one. */
  readonly handle: string;
  /** Gives the place up, because nothing came of the sign-in. Throws nothing. */
  giveUp(): Promise<void>;
  /**
   * Replaces the placeholder by the session that is stored now.
   *
   * @throws {SessionEndedError} if the placeholder was gone, and the user has too many sessions
   */
  fill(): Promise<void>;
}

interface Clicks {
  readonly id: string | undefined;
  readonly origin: string | undefined;
}

/**
 * Takes a place for a session that is to become a user's.
 *
 * @param info of that session
 * @param clicks what other clicks of this sign-in have in common with it: the id under which they left or
 *   leave a session, and the origin of their placeholders. They are not counted, since only one session will stay
 * @returns undefined if there is no user or no limit
 * @throws {SessionLimitError} if the user has as many sessions as allowed; nothing is stored then
 * @throws {SessionEndedError} if the user's sessions were ended in the meantime
 * @throws {SessionStoreError} if the store fails
 */
export async function takePlace({ user, details }: Info, clicks: Clicks, { visit, shared }: Save): Promise<UserPlace | undefined> {

  const { store, settings: { maxUserSessions: limit } } = shared;
  if (user === null || limit === undefined) return undefined;
  const { origin } = clicks;
  const firstClick = clicks.id === undefined ? undefined : store.handleOf(clicks.id);
  const list = async () => (await listed(user, shared)).filter(({ handle }) => handle !== firstClick);
  const full = async () => {
    const sessions = await filledPlaces(user, limit.count, shared);
    publishLimit(user, limit.count, store);
    return new SessionLimitError(limit.count, sessions);
  };
  // Most refusals end here, with nothing written.
  const { created, turn, renewed, cookie } = details;
  const own = { handle: '', idle: 0, created, turn, origin };
  if (placeVerdict([...(await list()).filter(session => !isPlaceholder(session)), own], '', limit.count) === 'taken') throw await full();

  const id = await store.newSessionId();
  const handle = store.handleOf(id);
  // Without an answer, it goes by itself.
  const giveUp = () => Promise.resolve(store.end(id)).then(() => {}, () => {});
  const newInfo = toNewInfo({ user, details: { created, turn, renewed, origin, cookie, place: handle } }, visit.began, shared);
  try {
    const isCreated = await store.create(id, KEEPS_NOTHING, { lifetime: PLACE_LIFETIME, newInfo });
    if (isCreated === 'revoked') throw userSessionsEnded();
    if (!isCreated) throw new SessionStoreError('newSessionId() returned an id that is in use');
    if (await findsRoom(handle, limit.count, list)) return { handle, giveUp, fill: () => fill(id, handle, user, limit.count, shared) };
  } catch (error) {
    // A store that has failed would only keep the client waiting again.
    const ended = giveUp();
    if (!(error instanceof SessionStoreError)) await ended;
    throw error;
  }
  // First, so that no other sign-in waits for this placeholder.
  await giveUp();
  throw await full();

}

/**
 * Looks until the sign-in is sure of its place, or of the opposite. A session that
 * replaces its placeholder while a store lists one record after the other can be
 * missed in both forms, so two looks must agree.
 */
async function findsRoom(own: string, count: number, list: () => Promise<ListedSession[]>): Promise<boolean> {

  let before: readonly ListedSession[] | undefined;
  for (let looks = 0, pauses = 0; looks < MOST_LOOKS; looks++) {
    const sessions = await list();
    if (!sessions.some(({ handle }) => handle === own)) throw endedByOtherSignIn();
    const verdict = placeVerdict(sessions, own, count);
    if (verdict === 'taken') return false;
    if (verdict === 'free') {
      if (before && placeVerdict(joined(before, sessions), own, count) === 'free') return true;
      before = sessions;
      continue;
    }
    before = undefined;
    await pause(pauses++);
  }
  return false;

}

/**
 * Lists the user's sessions for a sign-in that is refused. The sign-ins at the same
 * moment that have the places may still have to store their sessions: looks until
 * these can be listed, or two looks find no one who has a place without a session.
 */
async function filledPlaces(user: string, count: number, { store }: Shared): Promise<UserSession[]> {

  for (let looks = 1, pauses = 0, settled = 0; ; looks++) {
    const stored = await store.sessionsOf(user);
    const sessions = listedSessions(stored, unixTime());
    settled = stored.some(({ handle, details }) => isPlaceholder({ handle, ...readDetails(details) })) ? 0 : settled + 1;
    if (sessions.length >= count || settled === 2 || looks === MOST_LOOKS) return sessions;
    if (settled === 0) await pause(pauses++);
  }

}

function pause(before: number): Promise<void> {

  return new Promise(resolve => setTimeout(resolve, Math.min(PAUSES.first * 2 ** before, PAUSES.longest)));

}

function joined(before: readonly ListedSession[], now: readonly ListedSession[]): ListedSession[] {

  return [...new Map([...before, ...now].map(session => [session.handle, session])).values()];

}

async function fill(id: string, handle: string, user: string, count: number, shared: Shared): Promise<void> {

  // Without an answer, it goes by itself. The sign-in has its session.
  const wasThere = await Promise.resolve(shared.store.end(id)).catch(() => true);
  if (wasThere) return;
  // It expired while the process stood still, and others may have taken the place.
  const sessions = await listed(user, shared);
  const own = sessions.find(session => session.place === handle);
  if (own && placeVerdict(sessions, own.handle, count) !== 'free') {
    publishEnded(await shared.store.endSessionsOf(user, { only: own.handle, reason: 'limit' }), user, 'limit', shared.store);
    throw endedByOtherSignIn();
  }

}

async function listed(user: string, { store }: Shared): Promise<ListedSession[]> {

  return (await store.sessionsOf(user)).map(({ handle, details, idle }) => ({ created: 0, ...readDetails(details), handle, idle }));

}
