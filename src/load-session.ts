import { andThen } from './awaitable.js';
import type { StoredState } from './session-change.js';
import { NO_TEXTS } from './session-values.js';
import type { Awaitable, SessionTexts } from './store.js';
import type { TimedStore } from './timed-store.js';

/** What is decided on, and for a live session what storing it takes. */
export type Loaded = Exclude<StoredState, { kind: 'live' }> | LoadedSession;

export interface LoadedSession extends Extract<StoredState, { kind: 'live' }> {
  /** Undefined after a change of our own, whose version the store did not say. */
  readonly version: string | number | undefined;
  /** When the session ends if nobody uses it, in milliseconds of the clock that was given. */
  readonly endsAt: number;
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
    if (found?.status === 'live') {
      const { texts, version, remaining } = found;
      return { kind: 'live', id, texts, version, endsAt: now() + remaining * 1000 };
    }
    const otherwise: Loaded = found && ifNoneLives === NOTHING
      ? { kind: 'retired', id, moved: found.moved }
      : ifNoneLives;
    return loadSession(ids, store, now, at + 1, otherwise);
  });

}
