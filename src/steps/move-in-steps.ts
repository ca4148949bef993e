import { SessionStoreError } from '../base/errors.js';
import type { CreateTerms, SessionChange, SessionTexts } from '../base/store.js';
import { difference, isEmpty, merge } from '../values/texts-change.js';
import type { TimedStore } from '../wrapping/timed-store.js';

/** A move on a store that changes only one record at a time. */
interface Move {
  readonly store: TimedStore;
  readonly id: string;
  readonly newId: string;
  /** What the record held when it was loaded. */
  readonly base: SessionTexts;
  /** What this request changes. */
  readonly own: SessionChange;
  readonly terms: CreateTerms;
}

/**
 * Moves a session in several steps. Stores the new record before it takes away the
 * old one, so that a crash between the two leaves the user signed in. Then carries
 * over what other requests have saved in the old record in the meantime.
 */
export async function moveInSteps({ store, id, newId, base, own, terms }: Move): Promise<'moved' | 'gone' | 'revoked'> {

  const created = await store.create(newId, merge(base, own), terms);
  if (created === 'revoked') return created;
  if (!created) throw new SessionStoreError('newSessionId() returned an id that is in use');
  const theirs = await store.take(id, newId);
  if (theirs === null) {
    await store.end(newId);
    return 'gone';
  }
  const late = without(difference(base, theirs), own);
  if (isEmpty(late)) return 'moved';
  const answer = await store.update(newId, late, { lifetime: terms.lifetime });
  return answer === 'updated' ? 'moved' : 'gone';

}

function without(change: SessionChange, other: SessionChange): SessionChange {

  const touched = new Set([...other.set.keys(), ...other.unset]);
  return {
    set: new Map([...change.set].filter(([key]) => !touched.has(key))),
    unset: change.unset.filter(key => !touched.has(key)),
  };

}
