import { SessionStoreError, SessionValueError } from '../base/errors.js';
import { fromTexts } from './session-values.js';
import type { SessionTexts, SessionValues } from '../base/store.js';

/*
 * A session may have been damaged in the store. That is a failure of the store,
 * not a mistake of the application.
 */

/**
 * Turns texts that a store returned into values.
 *
 * @throws {SessionStoreError} if they can't be read
 */
export function readStored(texts: SessionTexts): SessionValues {

  try {
    return fromTexts(texts);
  } catch (cause) {
    throw cause instanceof SessionStoreError ? cause : unreadable(cause);
  }

}

/**
 * Returns what `make` makes of values that were read from these texts.
 *
 * @throws {SessionStoreError} instead of a {@link SessionValueError} if the texts
 *   alone lead to one: no request can have stored them
 */
export function ofStored<T>(stored: SessionTexts, values: SessionValues, make: (values: SessionValues) => T): T {

  try {
    return make(values);
  } catch (error) {
    if (error instanceof SessionValueError && stored.size > 0 && !isPossible(stored, make)) throw unreadable(error);
    throw error;
  }

}

function isPossible(stored: SessionTexts, make: (values: SessionValues) => unknown): boolean {

  try {
    make(fromTexts(stored));
    return true;
  } catch {
    return false;
  }

}

function unreadable(cause: unknown): SessionStoreError {

  return new SessionStoreError('The session store returned values that no request can have stored', { cause });

}
