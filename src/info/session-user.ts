import { SessionValueError } from '../base/errors.js';
import { show } from '../base/option-checks.js';
import type { SessionValues } from '../base/store.js';
import type { SessionData, SessionOf } from '../values/session-data.js';

/** The keys of a session: those that the application has declared, or else any. */
type KeyOf<Data> = keyof Data extends never ? string : keyof Data & string;

/** Where the user of a session is: the name of a key, or a function of the values. */
export type UserOption = KeyOf<SessionData> | ((values: SessionOf<SessionData>) => string | number | null | undefined);

/**
 * Makes the function that reads the user from a session's values.
 *
 * It returns a text, or null for `''`, `null` and `undefined`: the session is
 * anonymous then. A number becomes the text that it is written as. It throws a
 * {@link SessionValueError} for anything else, which could make one user of two.
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
    throw new SessionValueError('The user of the session', `is ${show(user)}: it must be a text, a number other than 0, null or undefined`);
  };

}
