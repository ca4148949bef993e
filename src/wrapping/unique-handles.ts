import type { AtomicSessionStore } from '../base/store.js';
import { newStoredId } from '../id/stored-id.js';

/**
 * Says whether a store has one record at most for all ids with the same first 16
 * characters. A store around it that changes ids passes the declaration on, but has
 * other handles, which this tries out.
 */
export function hasUniqueHandles(store: AtomicSessionStore): boolean {

  if (store.uniqueHandles !== true || !store.handleOf) return false;
  const id = newStoredId();
  return store.isSessionId?.(id) !== false && store.handleOf(id) === store.handleOf(newStoredId(id));

}
