import { andThen } from '../base/awaitable.js';
import { forwardedId } from '../id/forwarded-id.js';
import { familyOf } from '../id/id-family.js';
import { type Info, fromStored, readDetails } from '../info/session-details.js';
import type { StoredState } from '../session/session-change.js';
import { publishExpired, publishRevoked, publishSuspicious } from '../events/session-events.js';
import { NO_TEXTS } from '../values/session-values.js';
import type { Awaitable, LiveSession, RetiredSession, SessionTexts } from '../base/store.js';
import type { Saving } from './saving.js';

/** What is decided on, and for a live session what storing it takes. */
export type Loaded = Exclude<StoredState, { kind: 'live' | 'retired' }> | LoadedSession | RetiredId;

export interface RetiredId extends Extract<StoredState, { kind: 'retired' }> {
  /** What the session is where it was moved to, if the store says so. */
  readonly info?: Info | undefined;
}

export interface LoadedSession extends Extract<StoredState, { kind: 'live' }> {
  /** Undefined after a change of our own, whose version the store did not say. */
  readonly version: string | number | undefined;
  /** When the session ends if no one uses it, in milliseconds of the clock that was given. */
  readonly endsAt: number;
  /** What it is, if the store was told. */
  readonly info: Info | undefined;
  readonly user: string | null;
  /** It was found by the id before its own: the browser does not know its id yet. */
  readonly forwarded?: boolean;
}

export const NOTHING: Loaded = { kind: 'none' };

/** The values that were loaded, as texts; none where no session lives. */
export function textsOf(loaded: Loaded): SessionTexts {

  return loaded.kind === 'live' ? loaded.texts : NO_TEXTS;

}

/**
 * Looks up the ids that a request carries, and takes the first that lives. One
 * that a session had before is taken only if none does; an unknown one never is.
 *
 * @throws {SessionStoreError} if the store fails
 */
export function loadSession(ids: readonly string[], saving: Saving, at = 0, ifNoneLives: Loaded = NOTHING): Awaitable<Loaded> {

  const { store } = saving;
  const id = ids[at];
  if (id === undefined) return ifNoneLives;
  return andThen(store.load(id), found => {
    const next = (otherwise: Loaded) => loadSession(ids, saving, at + 1, otherwise);
    if (found?.status === 'expired') {
      publishExpired(id, found.info?.user ?? null, store);
      return next(ifNoneLives);
    }
    const info = fromStored(found?.info);
    if (!found) {
      return andThen(saving.settings.tracesRenewals ? reusedBy(id, saving) : null, reused => {
        publishSuspicious(id, reused ? 'reused' : 'unknown', store);
        return next(reused && ifNoneLives === NOTHING ? reused : ifNoneLives);
      });
    }
    if (!isOfThisCookie(found, info, saving)) {
      publishSuspicious(id, 'unknown', store);
      return next(ifNoneLives);
    }
    if (found.status === 'live') return liveSession(id, found, info, saving) ?? next(ifNoneLives);
    return andThen(found.moved ? followed(id, info, saving) : null, followedTo => {
      if (followedTo) return followedTo;
      publishSuspicious(id, 'retired', store);
      return next(ifNoneLives === NOTHING ? { kind: 'retired', id, moved: found.moved, info } : ifNoneLives);
    });
  });

}

/** Whether the id is one of this cookie: two applications may share a store, and each has its own. */
function isOfThisCookie({ status }: LiveSession | RetiredSession, info: Info | undefined, { settings }: Saving): boolean {

  // Nothing more is known of what has ended.
  if (status === 'retired' && !info) return true;
  return info?.details.cookie === settings.cookieMark;

}

/** Nothing where its deadline has passed: then it is gone, whatever the store's clock says. */
function liveSession(
  id: string, { texts, version, remaining }: LiveSession, info: Info | undefined, { store, now }: Saving,
): LoadedSession | null {

  if (info?.details.endsAt !== undefined && info.details.endsAt <= unixTime()) {
    publishExpired(id, info.user, store);
    return null;
  }
  return { kind: 'live', id, texts, version, endsAt: now() + remaining * 1000, info, user: info?.user ?? null };

}

/** The session that an id leads to which was only renewed, for the seconds of the option `grace`. */
function followed(id: string, info: Info | undefined, saving: Saving): Awaitable<LoadedSession | null> {

  const forward = info?.details.forward;
  const newId = forward && forwardedId(id, forward, unixTime());
  if (!newId) return null;
  // One hop only: what has moved on since is another step away.
  return andThen(saving.store.load(newId), found => {
    const next = fromStored(found?.info);
    if (found?.status !== 'live' || !isOfThisCookie(found, next, saving)) return null;
    const live = liveSession(newId, found, next, saving);
    return live && { ...live, forwarded: true };
  });

}

/**
 * The session of a user that had an id before a renewal: whoever sends it may be
 * the one from whom the session was stolen, or the thief (RFC 9700 section
 * 4.14.2). Null for an id that no session had, and where it ends for that.
 */
async function reusedBy(id: string, { store, settings }: Saving): Promise<Loaded | null> {

  const handle = store.handleOf(id);
  const info = await store.infoByHandle(handle);
  const user = info?.user ?? null;
  if (!info || user === null) return null;
  // A record that can't be read does not count as a session of this visitor.
  const { family, cookie } = readDetails(info.details) ?? {};
  if (family === undefined || family !== familyOf(id) || cookie !== settings.cookieMark) return null;
  if (!settings.endOnReuse) return { kind: 'reused', id, user };
  const handles = await store.endSessionsOf(user, { only: handle });
  if (handles.length > 0) publishRevoked({ user, handles });
  return NOTHING;

}

/** In seconds. */
export function unixTime(): number {

  return Date.now() / 1000;

}
