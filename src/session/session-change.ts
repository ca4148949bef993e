import type { SessionChange, SessionTexts } from '../base/store.js';

/**
 * The decision: what one request did to its session, as one named change.
 *
 * Pure: it sees what was loaded and what is there now, and touches nothing.
 */

/** What stands in the store for this request, as far as it knows. */
export type StoredState =
  /** No cookie, or an id that the store does not know. */
  | { readonly kind: 'none' }
  | {
    readonly kind: 'live'; readonly id: string; readonly texts: SessionTexts;
    /** Whose it is; null or nothing for no one's. */
    readonly user?: string | null;
  }
  /** The id was moved or ended less than {@link RETIRED_FOR} seconds ago. */
  | {
    readonly kind: 'retired'; readonly id: string; readonly moved: boolean;
    /** It was alive when the request began, which may hold its values still. */
    readonly late?: boolean;
  }
  /** The user's session had this id before a renewal, longer ago than that. */
  | { readonly kind: 'reused'; readonly id: string; readonly user: string };

/** What the request wants to be there. */
export interface WantedState {
  readonly texts: SessionTexts;
  /** `ctx.session` was given `null` or `{}`, and nothing was put in since. */
  readonly cleared: boolean;
  /** `ctx.sessionId` was given `null`. */
  readonly regenerate: boolean;
  /** The user has proved who they are. */
  readonly proved?: boolean;
  /** `ctx.session` was given another object, or an update returned one. */
  readonly assigned?: boolean;
  /** Whose the values say that it is; nothing where no one asked them. */
  readonly user?: string | null | undefined;
  /** The stored values said so already: this request signs no one in. */
  readonly isFound?: boolean;
}

/** What a live session needs when it was only read. */
export interface Due {
  /** Its life is to be prolonged. */
  readonly touch: boolean;
  /** Its id is old enough for another. */
  readonly renewal?: boolean;
  /** Whose it is can be written down, if its values have said so all along. */
  readonly binding?: boolean;
}

/**
 * Why a session gets a new id: the handler asked for it, it becomes a user's,
 * its values named a user before anybody asked, or its id is old.
 */
export type RegenerationReason = 'asked' | 'user' | 'binding' | 'renewal';

export type NamedChange =
  | { readonly name: 'none' }
  | { readonly name: 'touch'; readonly id: string }
  | { readonly name: 'create'; readonly texts: SessionTexts }
  | ({ readonly name: 'update'; readonly id: string } & SessionChange)
  | ({ readonly name: 'regenerate'; readonly id: string; readonly reason: RegenerationReason } & SessionChange)
  /** Another user: a session of its own, with what this request put in. */
  | { readonly name: 'replace'; readonly id: string; readonly texts: SessionTexts }
  | { readonly name: 'destroy'; readonly id: string }
  /** A change of a session that had moved or ended before the request began. */
  | { readonly name: 'refuse' };

/**
 * Decides what a request did.
 *
 * An id has one user for life: a session that becomes a user's gets a new id
 * (OWASP ASVS 5.0, 7.2.4), and where the user is another one, or leaves, nothing
 * of the old session stays.
 */
export function sessionChange(
  stored: StoredState, wanted: WantedState, due: Due,
): NamedChange {

  const empty = wanted.texts.size === 0;

  switch (stored.kind) {

    case 'none':
      return empty ? { name: 'none' } : { name: 'create', texts: wanted.texts };

    case 'reused':
      if (wanted.cleared) return { name: 'destroy', id: stored.id };
      return empty ? { name: 'none' } : { name: 'create', texts: wanted.texts };

    case 'retired':
      if (wanted.cleared) return { name: 'destroy', id: stored.id };
      if (empty) return { name: 'none' };
      return isSignIn(wanted) || isBegin(stored, wanted) ? { name: 'create', texts: wanted.texts } : { name: 'refuse' };

    case 'live': {
      const { id } = stored;
      if (wanted.cleared) return { name: 'destroy', id };
      const change = difference(stored.texts, wanted.texts);
      const { set, unset } = change;
      const { user = null } = stored;
      if (wanted.user !== undefined && wanted.user !== user) {
        if (user !== null) {
          const texts = wanted.assigned ? wanted.texts : set;
          return texts.size > 0 ? { name: 'replace', id, texts } : { name: 'destroy', id };
        }
        if (!wanted.isFound) return { name: 'regenerate', id, set, unset, reason: 'user' };
        if (due.binding && !wanted.regenerate && !wanted.proved) return { name: 'regenerate', id, set, unset, reason: 'binding' };
      }
      if (wanted.regenerate || wanted.proved) return { name: 'regenerate', id, set, unset, reason: 'asked' };
      // A session that other requests emptied, and none fills again, just expires.
      if (empty && isEmpty(change)) return { name: 'none' };
      if (due.renewal) return { name: 'regenerate', id, set, unset, reason: 'renewal' };
      if (!isEmpty(change)) return { name: 'update', id, set, unset };
      return due.touch ? { name: 'touch', id } : { name: 'none' };
    }

  }

}

/** A sign-in does not need the old session. (`authenticated()` without a user is no sign-in.) */
function isSignIn({ regenerate, user, proved }: WantedState): boolean {

  return regenerate || Boolean(user) || (proved === true && user === undefined);

}

/**
 * Whether a request begins a session in the place of one that was ended: with a
 * whole object, since a change of a key is one of a session that is gone. Where
 * the old one was moved, the visitor has another session by now, and a cookie
 * must not take that away.
 */
function isBegin({ moved, late }: Extract<StoredState, { kind: 'retired' }>, { assigned }: WantedState): boolean {

  return assigned === true && !moved && !late;

}

const NO_CHANGE: SessionChange = { set: new Map(), unset: [] };

/** Finds the keys that differ, by their text: a change deep inside a value is one of its key. */
export function difference(before: SessionTexts, after: SessionTexts): SessionChange {

  // An untouched session is the same object: nothing was parsed, nothing is compared.
  if (before === after) return NO_CHANGE;

  const set = new Map<string, string>();
  for (const [key, text] of after) {
    if (before.get(key) !== text) set.set(key, text);
  }
  const unset: string[] = [];
  for (const key of before.keys()) {
    if (!after.has(key)) unset.push(key);
  }
  return { set, unset };

}

/** Merges a change into texts; the texts that were given stay as they are. */
export function merge(texts: SessionTexts, change: SessionChange): Map<string, string> {

  const merged = new Map(texts);
  for (const key of change.unset) merged.delete(key);
  for (const [key, text] of change.set) merged.set(key, text);
  return merged;

}

export function isEmpty(change: SessionChange): boolean {

  return change.set.size === 0 && change.unset.length === 0;

}
