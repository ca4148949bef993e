import { SessionStoreError, SessionValueError } from '../base/errors.js';
import type { SessionTexts, SessionValues } from '../base/store.js';
import { fromTexts } from './session-values.js';

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
    throw unreadable(cause);
  }

}

/**
 * Returns what `make` makes of values that were read from these texts.
 *
 * @throws {SessionStoreError} as {@link causeOf} says
 */
export function ofStored<T>(stored: SessionTexts, values: SessionValues, make: (values: SessionValues, stored: SessionTexts) => T): T {

  try {
    return make(values, stored);
  } catch (error) {
    throw causeOf(error, stored, make);
  }

}

/**
 * Returns the error to throw if `make` fails for values that were read from these
 * texts: a {@link SessionStoreError} instead of a {@link SessionValueError} if the
 * texts alone lead to it, since no request can have stored them.
 */
export function causeOf(error: unknown, stored: SessionTexts, make: (values: SessionValues, stored: SessionTexts) => unknown): unknown {

  return error instanceof SessionValueError && stored.size > 0 && !isPossible(stored, make) ? unreadable(error) : error;

}

function isPossible(stored: SessionTexts, make: (values: SessionValues, stored: SessionTexts) => unknown): boolean {

  try {
    make(fromTexts(stored), stored);
    return true;
  } catch {
    return false;
  }

}

/** The error for texts of a store that can't be read. */
export function unreadable(cause: unknown): SessionStoreError {

  return cause instanceof SessionStoreError ? cause : new SessionStoreError('The session store returned values that no request can have stored', { cause });

}
