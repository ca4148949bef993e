import { andThen } from './awaitable.js';
import { forwardedId } from './id/forwarded-id.js';
import { type About, fromStored } from './about/session-about.js';
import type { StoredState } from './session-change.js';
import { publishExpired, publishSuspicious } from './session-events.js';
import { NO_TEXTS } from './values/session-values.js';
import type { Awaitable, LiveSession, RetiredSession, SessionTexts } from './store.js';
import type { TimedStore } from './timed-store.js';

/** What is decided on, and for a live session what storing it takes. */
export type Loaded = Exclude<StoredState, { kind: 'live' }> | LoadedSession;

export interface LoadedSession extends Extract<StoredState, { kind: 'live' }> {
  /** Undefined after a change of our own, whose version the store did not say. */
  readonly version: string | number | undefined;
  /** When the session ends if nobody uses it, in milliseconds of the clock that was given. */
  readonly endsAt: number;
  /** What it is, if the store was told. */
  readonly about: About | undefined;
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
 * Looks up the ids that a request carries, and takes the first that lives. A
 * retired one is taken only if none does; an unknown one never is.
 *
 * @param now the time in milliseconds, of a clock that never goes back
 * @throws {SessionStoreError} if the store fails
 */
export function loadSession(
  ids: readonly string[], store: TimedStore, now: () => number, at = 0, ifNoneLives: Loaded = NOTHING,
): Awaitable<Loaded> {

  const id = ids[at];
  if (id === undefined) return ifNoneLives;
  return andThen(store.load(id), found => {
    const next = (otherwise: Loaded) => loadSession(ids, store, now, at + 1, otherwise);
    if (found?.status === 'live') return liveSession(id, found, store, now()) ?? next(ifNoneLives);
    if (!found || found.status === 'expired') {
      if (found) publishExpired(id, found.about?.user ?? null, store);
      else publishSuspicious(id, 'unknown', store);
      return next(ifNoneLives);
    }
    return andThen(followed(id, found, store, now), followedTo => {
      if (followedTo) return followedTo;
      publishSuspicious(id, 'retired', store);
      return next(ifNoneLives === NOTHING ? { kind: 'retired', id, moved: found.moved } : ifNoneLives);
    });
  });

}

/** Nothing where its deadline has passed: then it is gone, whatever the store's clock says. */
function liveSession(
  id: string, { texts, version, remaining, about: stored }: LiveSession, store: TimedStore, now: number,
): LoadedSession | null {

  const about = fromStored(stored);
  if (about?.details.endsAt !== undefined && about.details.endsAt <= unixTime()) {
    publishExpired(id, about.user, store);
    return null;
  }
  return { kind: 'live', id, texts, version, endsAt: now + remaining * 1000, about, user: about?.user ?? null };

}

/** The session that an id leads to which was only renewed, for the seconds of the option `grace`. */
function followed(
  id: string, { moved, about }: RetiredSession, store: TimedStore, now: () => number,
): Awaitable<LoadedSession | null> {

  const forward = moved ? fromStored(about)?.details.forward : undefined;
  const newId = forward && forwardedId(id, forward, unixTime());
  if (!newId) return null;
  // One hop only: what has moved on since is another step away.
  return andThen(store.load(newId), found => {
    const live = found?.status === 'live' ? liveSession(newId, found, store, now()) : null;
    return live && { ...live, forwarded: true };
  });

}

/** In seconds. */
export function unixTime(): number {

  return Date.now() / 1000;

}
