import { andThen, isThenable } from '../base/awaitable.js';
import type { Awaitable, FoundSession, LiveSession, LoadTerms, StoredInfo } from '../base/store.js';
import { unixTime } from '../base/time.js';
import { publishExpired, publishRevoked, publishSuspicious } from '../events/session-events.js';
import { forwardedId } from '../id/forwarded-id.js';
import { familyOf } from '../id/id-family.js';
import { fromStored, type Info, readDetails } from '../info/session-details.js';
import { EXPIRED, type LiveStored, type NoSession, NOTHING, REUSED_AND_ENDED, type StoredSession } from '../session/stored-session.js';
import { OTHER_RECORD } from '../values/other-record.js';
import type { Shared } from './save.js';

/**
 * Looks up the ids that a request carries, and returns the first live session. If
 * there is none, returns what is known of the first id that is retired or reused, or
 * else that one has expired.
 *
 * @throws {SessionStoreError} if the store fails
 */
export function loadSession(
  ids: readonly string[], shared: Shared, terms?: LoadTerms, ifNoneLives: StoredSession = NOTHING,
): Awaitable<StoredSession> {

  const id = ids[0];
  if (id === undefined) return ifNoneLives;
  const orNext = (found: StoredSession) => {
    if (found.kind === 'live') return found;
    const says = found.kind !== 'none' || ifNoneLives === NOTHING;
    return loadSession(ids.slice(1), shared, terms, ifNoneLives.kind === 'none' && says ? found : ifNoneLives);
  };
  const found = storedUnder(id, shared, terms);
  return 'kind' in found ? orNext(found) : found.then(orNext);

}

/**
 * Reads a session again that this request has found before; null if it has ended or
 * moved. The request had the id while it was valid: that it is retired by now, or was
 * replaced by a renewal long ago, is no sign of a guess or a theft.
 *
 * @throws {SessionStoreError} if the store fails
 */
export async function loadAgain(id: string, shared: Shared): Promise<LiveStored | null> {

  // Without terms, since an old copy must not be found again after a conflict.
  const answer = await shared.store.load(id);
  if (answer?.status === 'retired') return answer.moved ? followed(id, fromStored(answer.info), shared) : null;
  const found = answer?.status === 'live' ? live(id, answer, shared) : NOTHING;
  return found.kind === 'live' ? found : null;

}

function storedUnder(id: string, shared: Shared, terms: LoadTerms | undefined): Awaitable<StoredSession> {

  const answer = shared.store.load(id, terms);
  return isThenable(answer) ? answer.then(each => judged(id, each, shared)) : judged(id, answer, shared);

}

function judged(id: string, answer: FoundSession | null, shared: Shared): Awaitable<StoredSession> {

  if (answer?.status !== 'live') return notLive(id, answer, shared);
  const found = live(id, answer, shared);
  if (found === EXPIRED) publishExpired(id, answer.info?.user ?? null, shared.store);
  if (found === NOTHING) publishSuspicious(id, 'unknown', shared.store);
  return found;

}

/** Returns the session, unless the record is none, belongs to another cookie, or its deadline has passed. */
function live(id: string, { texts, version, remaining, info: kept }: LiveSession, { settings }: Shared): LiveStored | NoSession {

  const info = kept === undefined ? undefined : fromStored(kept);
  if (info?.details.cookie !== settings.cookieMark || texts.has(OTHER_RECORD)) return NOTHING;
  // Checked by this process's clock, too, in case the store's is wrong.
  if (info?.details.endsAt !== undefined && info.details.endsAt <= unixTime()) return EXPIRED;
  return { kind: 'live', id, texts, version, endsAt: performance.now() + remaining * 1000, info, user: info?.user ?? null };

}

function notLive(id: string, answer: Exclude<FoundSession, LiveSession> | null, shared: Shared): Awaitable<StoredSession> {

  const { store, settings } = shared;
  if (!answer) return settings.tracesRenewals ? reused(id, shared) : unknown(id, shared);
  if (answer.status === 'expired') {
    publishExpired(id, answer.info?.user ?? null, store);
    return isOfCookie(answer.info, settings.cookieMark) ? EXPIRED : NOTHING;
  }
  const info = fromStored(answer.info);
  // An ended session leaves no info, so its cookie can't be compared.
  if (info && info.details.cookie !== settings.cookieMark) return unknown(id, shared);
  return andThen(answer.moved ? followed(id, info, shared) : null, followedTo => {
    if (followedTo) return followedTo;
    publishSuspicious(id, 'retired', store);
    return { kind: 'retired', id, moved: answer.moved, info, reason: answer.reason };
  });

}

/** Whether an expired session was one of this cookie, as far as the store still knows. */
function isOfCookie(info: StoredInfo | undefined, cookieMark: string | undefined): boolean {

  return !info || readDetails(info.details)?.cookie === cookieMark;

}

function unknown(id: string, { store }: Shared): StoredSession {

  publishSuspicious(id, 'unknown', store);
  return NOTHING;

}

/** Finds the renewed session that a former id leads to, for the seconds of the option `grace`. */
function followed(id: string, info: Info | undefined, shared: Shared): Awaitable<LiveStored | null> {

  const forward = info?.details.forward;
  const newId = forward && forwardedId(id, forward, unixTime());
  if (!newId) return null;
  // Follows one step only. A session that has moved again since is not found.
  return andThen(shared.store.load(newId), answer => {
    if (answer?.status !== 'live') return null;
    const found = live(newId, answer, shared);
    return found.kind === 'live' ? { ...found, forwarded: true } : null;
  });

}

/**
 * Finds the session of a user that had this id before a renewal. The id comes
 * either from the user, whose session was stolen then, or from the thief (RFC 9700
 * section 4.14.2). With the option `endOnReuse`, ends that session and returns none.
 */
async function reused(id: string, shared: Shared): Promise<StoredSession> {

  const { store, settings } = shared;
  const handle = store.handleOf(id);
  const info = await store.infoByHandle(handle);
  const user = info?.user ?? null;
  if (!info || user === null) return unknown(id, shared);
  // A session whose details can't be read is not taken for this visitor's.
  const { family, cookie } = readDetails(info.details) ?? {};
  if (family === undefined || family !== familyOf(id) || cookie !== settings.cookieMark) return unknown(id, shared);
  if (settings.endOnReuse) {
    const handles = await store.endSessionsOf(user, { only: handle, reason: 'revoked' });
    if (handles.length > 0) publishRevoked({ user, handles, cookieName: store.cookieName });
  }
  publishSuspicious(id, 'reused', store);
  return settings.endOnReuse ? REUSED_AND_ENDED : { kind: 'reused', id, user };

}
