import { SessionValueError } from '../errors.js';
import { kindOf } from '../values/session-values.js';
import type { SessionValues } from '../store.js';

/** How an application says whose a session is: the name of a key, or a function of the values. */
export type UserOption = string | ((values: SessionValues) => string | number | null | undefined);

/**
 * Makes the function that tells whose a session is, from its values.
 *
 * It returns a text, and null for a session of nobody: `''`, `null` and
 * `undefined` are nobody, and a number is the text that it is written as. It
 * throws a {@link SessionValueError} for anything else, since two users must
 * never be taken for one.
 */
export function userReader(option: UserOption): (values: SessionValues) => string | null {

  const read = typeof option === 'function'
    ? option
    : (values: SessionValues) => Object.hasOwn(values, option) ? values[option] : undefined;
  return values => {
    const user: unknown = read(values);
    if (user === undefined || user === null || user === '') return null;
    if (typeof user === 'string') return user;
    if (typeof user === 'number' && Number.isFinite(user) && user !== 0) return String(user);
    throw new SessionValueError('The user of the session', `is ${shown(user)}: it must be a text, a number other than 0, null or undefined`);
  };

}

function shown(user: unknown): string {

  return typeof user === 'object' || typeof user === 'function' ? `a ${kindOf(user)}` : String(user);

}
