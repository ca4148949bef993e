import { andThen, isThenable } from '../base/awaitable.js';
import type { Awaitable, FoundSession, LiveSession } from '../base/store.js';
import { unixTime } from '../base/time.js';
import { publishExpired, publishRevoked, publishSuspicious } from '../events/session-events.js';
import { forwardedId } from '../id/forwarded-id.js';
import { familyOf } from '../id/id-family.js';
import { fromStored, type Info, readDetails } from '../info/session-details.js';
import { type LiveStored, NOTHING, type StoredSession } from '../session/stored-session.js';
import type { Shared } from './save.js';

/**
 * Looks up the ids that a request carries, and takes the first that lives. One
 * that a session had before is taken only if none does; an unknown one never is.
 *
 * @throws {SessionStoreError} if the store fails
 */
export function loadSession(
  ids: readonly string[], shared: Shared, at = 0, ifNoneLives: StoredSession = NOTHING,
): Awaitable<StoredSession> {

  const id = ids[at];
  if (id === undefined) return ifNoneLives;
  const next = (answer: FoundSession | null) => {
    const stored = answer?.status === 'live' ? live(id, answer, shared) : notLive(id, answer, shared);
    if ('kind' in stored && stored.kind === 'live') return stored;
    return andThen(stored, found => {
      if (found.kind === 'live') return found;
      return loadSession(ids, shared, at + 1, ifNoneLives.kind === 'none' ? found : ifNoneLives);
    });
  };
  const answer = shared.store.load(id);
  return isThenable(answer) ? answer.then(next) : next(answer);

}

/** The session of an id, unless it is another cookie's or its deadline has passed. */
function live(id: string, { texts, version, remaining, info: kept }: LiveSession, { store, settings }: Shared): StoredSession {

  const info = kept && fromStored(kept);
  if (info?.details.cookie !== settings.cookieMark) {
    publishSuspicious(id, 'unknown', store);
    return NOTHING;
  }
  // Whatever the store's clock says.
  if (info?.details.endsAt !== undefined && info.details.endsAt <= unixTime()) {
    publishExpired(id, info.user, store);
    return NOTHING;
  }
  return { kind: 'live', id, texts, version, endsAt: performance.now() + remaining * 1000, info, user: info?.user ?? null };

}

function notLive(id: string, answer: Exclude<FoundSession, LiveSession> | null, shared: Shared): Awaitable<StoredSession> {

  const { store, settings } = shared;
  if (!answer) return settings.tracesRenewals ? reused(id, shared) : unknown(id, shared);
  if (answer.status === 'expired') {
    publishExpired(id, answer.info?.user ?? null, store);
    return NOTHING;
  }
  const info = fromStored(answer.info);
  // Nothing more is known of a session that has ended than that it was there.
  if (info && info.details.cookie !== settings.cookieMark) return unknown(id, shared);
  return andThen(answer.moved ? followed(id, info, shared) : null, followedTo => {
    if (followedTo) return followedTo;
    publishSuspicious(id, 'retired', store);
    return { kind: 'retired', id, moved: answer.moved, info };
  });

}

function unknown(id: string, { store }: Shared): StoredSession {

  publishSuspicious(id, 'unknown', store);
  return NOTHING;

}

/** The renewed session that a former id leads to, for the seconds of the option `grace`. */
function followed(id: string, info: Info | undefined, shared: Shared): Awaitable<LiveStored | null> {

  const forward = info?.details.forward;
  const newId = forward && forwardedId(id, forward, unixTime());
  if (!newId) return null;
  // One hop only: what has moved on since is another step away.
  return andThen(shared.store.load(newId), answer => {
    if (answer?.status !== 'live') return null;
    const found = live(newId, answer, shared);
    return found.kind === 'live' ? { ...found, forwarded: true } : null;
  });

}

/**
 * The session of a user that had an id before a renewal: whoever sends it may be
 * the one from whom the session was stolen, or the thief (RFC 9700 section
 * 4.14.2). None for an id that no session had, and where the session ends for that.
 */
async function reused(id: string, shared: Shared): Promise<StoredSession> {

  const { store, settings } = shared;
  const handle = store.handleOf(id);
  const info = await store.infoByHandle(handle);
  const user = info?.user ?? null;
  if (!info || user === null) return unknown(id, shared);
  // A record that can't be read does not count as a session of this visitor.
  const { family, cookie } = readDetails(info.details) ?? {};
  if (family === undefined || family !== familyOf(id) || cookie !== settings.cookieMark) return unknown(id, shared);
  if (settings.endOnReuse) {
    const handles = await store.endSessionsOf(user, { only: handle });
    if (handles.length > 0) publishRevoked({ user, handles });
  }
  publishSuspicious(id, 'reused', store);
  return settings.endOnReuse ? NOTHING : { kind: 'reused', id, user };

}
