import { SessionStoreError } from '../base/errors.js';
import { difference, isEmpty, merge } from '../session/session-change.js';
import type { NewInfo, SessionChange, SessionTexts } from '../base/store.js';
import type { TimedStore } from '../wrapping/timed-store.js';

/**
 * Moves a session on a store that changes only one record at a time. The new
 * record stands before the old one goes: a crash between the two leaves the
 * user signed in. What others saved in the old record meanwhile is carried over.
 *
 * @param base what the record held when it was loaded
 * @param own what this request changes
 */
export async function moveInSteps(
  store: TimedStore, id: string, newId: string, base: SessionTexts, own: SessionChange, lifetime: number, newInfo?: NewInfo,
): Promise<'moved' | 'gone' | 'revoked'> {

  const moved = merge(base, own);
  const created = await store.create(newId, moved, { lifetime, newInfo });
  if (created === 'revoked') return created;
  if (!created) {
    throw new SessionStoreError('newSessionId() returned an id that is in use');
  }
  const theirs = await store.take(id, newId);
  if (theirs === null) {
    await store.end(newId);
    return 'gone';
  }
  const late = without(difference(base, theirs), own);
  if (isEmpty(late)) return 'moved';
  const answer = await store.update(newId, late, { lifetime });
  return answer === 'updated' ? 'moved' : 'gone';

}

function without(change: SessionChange, other: SessionChange): SessionChange {

  const touched = new Set([...other.set.keys(), ...other.unset]);
  return {
    set: new Map([...change.set].filter(([key]) => !touched.has(key))),
    unset: change.unset.filter(key => !touched.has(key)),
  };

}
