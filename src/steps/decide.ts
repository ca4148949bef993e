import type { Due, NamedChange } from '../session/named-change.js';
import type { StoredSession } from '../session/stored-session.js';
import type { Wanted } from '../session/wanted.js';
import { difference, isEmpty, NO_CHANGE } from '../values/texts-change.js';

/** The part of the stored session that a decision depends on. */
export type Decided =
  | Pick<Extract<StoredSession, { kind: 'none' }>, 'kind'>
  | Pick<Extract<StoredSession, { kind: 'live' }>, 'kind' | 'id' | 'texts'> & { readonly user?: string | null }
  | Pick<Extract<StoredSession, { kind: 'retired' }>, 'kind' | 'id' | 'moved' | 'wasLive'>
  | Extract<StoredSession, { kind: 'reused' }>;

/** What a decision depends on. */
export interface Deciding {
  readonly stored: Decided;
  readonly wanted: Wanted;
  readonly due: Due;
}

/**
 * Decides what a request did to its session, as one named change. Pure.
 *
 * An id never changes its user: when a user signs in, the session gets a new id
 * (OWASP ASVS 5.0, 7.2.4); when the user leaves or another one signs in, the
 * session ends, and a new one takes over nothing of it.
 */
export function decide({ stored, wanted, due }: Deciding): NamedChange {

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
      const isSame = wanted.texts === stored.texts;
      const change = isSame ? NO_CHANGE : difference(stored.texts, wanted.texts);
      const { set, unset } = change;
      const isUnchanged = isSame || isEmpty(change);
      const user = stored.user ?? wanted.former ?? null;
      if (wanted.user !== undefined && wanted.user !== user) {
        if (user !== null) {
          const texts = wanted.assigned ? wanted.texts : set;
          return texts.size > 0 ? { name: 'replace', id, texts } : { name: 'destroy', id };
        }
        if (!wanted.isFound) return { name: 'regenerate', id, set, unset, reason: 'user' };
        if (due.binding && !wanted.regenerate && !wanted.proved) return { name: 'regenerate', id, set, unset, reason: 'binding' };
      }
      if (wanted.regenerate || wanted.proved) return { name: 'regenerate', id, set, unset, reason: 'asked' };
      // Another request may have emptied it. If it stays empty, it expires.
      if (empty && isUnchanged) return { name: 'none' };
      if (due.renewal) return { name: 'regenerate', id, set, unset, reason: 'renewal' };
      // One more id shuts out the holder of the former one.
      if (!isUnchanged && due.withdrawal) return { name: 'regenerate', id, set, unset, reason: 'asked' };
      if (!isUnchanged) return { name: 'update', id, set, unset };
      return due.touch ? { name: 'touch', id } : { name: 'none' };
    }

  }

}

/** A sign-in does not need the old session. (`authenticated()` without a user is no sign-in.) */
function isSignIn({ regenerate, user, proved }: Wanted): boolean {

  return regenerate || Boolean(user) || (proved === true && user === undefined);

}

/**
 * Whether a request begins a session in place of an ended one. It does so by
 * assigning a whole object, since a change of one key belongs to the session that
 * is gone. If the old session was moved, the visitor has another one by now, whose
 * cookie must not be replaced.
 */
function isBegin({ moved, wasLive }: Extract<Decided, { kind: 'retired' }>, { assigned }: Wanted): boolean {

  return assigned === true && !moved && !wasLive;

}
