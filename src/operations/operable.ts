import { SessionError, SessionStoreError } from '../base/errors.js';
import { checkSeconds, known, record, wrong } from '../base/option-checks.js';
import { plainError } from '../base/plain-error.js';
import { type AtomicSessionStore, type Awaitable, isAtomic, type SessionStore, type StoreOperations } from '../base/store.js';
import { TimeLimit } from '../wrapping/time-limit.js';

/** Options of all functions for those who run a store. */
export interface OperationOptions {
  /** Seconds to wait for each answer of the store, at most 3600; 30 by default. */
  storeTimeout?: number | undefined;
}

/** A store that has a method. */
type Ready<Method extends keyof StoreOperations> = AtomicSessionStore & Pick<StoreOperations, Method>;

/**
 * Checks the arguments that these functions have in common.
 *
 * @param names the options that the function has beside `storeTimeout`
 * @returns a function that calls the store, and throws a `SessionStoreError` if that fails or
 *   is not answered in time
 * @throws {TypeError} if the store lacks the method, or for a wrong option
 */
export function operable<Method extends keyof StoreOperations>(
  store: SessionStore, method: Method, options: OperationOptions, names: readonly string[] = [],
): <T>(call: (store: Ready<Method>) => Awaitable<T>) => Promise<T> {

  if (typeof store !== 'object' || store === null || !isAtomic(store) || typeof store[method] !== 'function') {
    throw wrong('store', store, `must be a store with the method ${method}(): docs/operations.md lists them`);
  }
  record('options', options);
  known('option', options, ['storeTimeout', ...names]);
  const { storeTimeout = 30 } = options;
  checkSeconds('storeTimeout', storeTimeout, 0.001, 3600);
  const limit = new TimeLimit(storeTimeout);
  return call => limit.for(
    { until: Infinity, prolonged: 0, giveUp() {} },
    (async () => call(store as Ready<Method>))(),
    error => error instanceof SessionError || error instanceof TypeError ? error : new SessionStoreError('The session store failed', { cause: plainError(error) }),
  );

}
