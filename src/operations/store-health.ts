import type { CountTerms, SessionCount, SessionStore, StorePing } from '../base/store.js';
import { type OperationOptions, operable } from './operable.js';

/** Options of {@link countSessions}. */
export interface CountOptions extends OperationOptions, CountTerms {}

/**
 * Counts the sessions in a store. Without `exact`, a store with very many sessions may
 * look at some of them, and estimate the rest; `isExact` says so.
 *
 * @throws {TypeError} if the store can't count sessions, or for a wrong option
 * @throws {SessionStoreError} if the store fails
 */
export function countSessions(store: SessionStore, options: CountOptions = {}): Promise<SessionCount> {

  const ask = operable(store, 'countSessions', options, ['exact']);
  return ask(each => each.countSessions({ exact: options.exact }));

}

/**
 * Asks a store whether it is well: how fast it answers, whether its clock goes right, and
 * whether it returns what is stored.
 *
 * @throws {TypeError} if the store can't tell, or for a wrong option
 * @throws {SessionStoreError} if the store does not answer
 */
export function pingStore(store: SessionStore, options: OperationOptions = {}): Promise<StorePing> {

  const ask = operable(store, 'ping', options);
  return ask(each => each.ping());

}
