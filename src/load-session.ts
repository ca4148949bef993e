import { andThen } from './awaitable.js';
import { NO_TEXTS } from './session-values.js';
import type { Awaitable, SessionTexts } from './store.js';
import type { TimedStore } from './timed-store.js';

/** What the store has for this request, as far as the request knows. */
export type Loaded =
  /** No cookie, or an id that the store does not know. */
  | { readonly kind: 'none' }
  | LoadedSession
  /** The id was moved or ended a moment ago. */
  | { readonly kind: 'retired'; readonly id: string; readonly moved: boolean };

export interface LoadedSession {
  readonly kind: 'live';
  readonly id: string;
  readonly texts: SessionTexts;
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
