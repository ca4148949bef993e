import { known, record, wrong } from '../base/option-checks.js';
import { type EncryptionKey, KeyRing } from './key-ring.js';

/** Options of `encrypted()`. */
export interface EncryptionOptions {

  /**
   * Secrets of the application, the newest first. The newest seals and opens, the
   * others only open. With them, an attacker who can write to the store can't make
   * or change a session. Without this option, a session's id alone opens it.
   */
  keys?: readonly EncryptionKey[];

  /**
   * The time until which values are opened that were sealed without a key, for an
   * application that had no keys until now. By default they are unreadable at once,
   * since an attacker who can write to the store could make such values.
   */
  acceptUnkeyedUntil?: Date;

  /**
   * What becomes of a session with a value that can't be opened. `'fail'`, the
   * default, answers its requests with 503 and keeps it: if a key was removed too
   * early, that is noticed and nothing is lost. `'end'` ends the session.
   */
  unreadable?: 'fail' | 'end';

}

/** Options as the wrapper uses them. */
export interface EncryptionSettings {
  readonly ring: KeyRing;
  readonly endsUnreadable: boolean;
}

const KNOWN = ['keys', 'acceptUnkeyedUntil', 'unreadable'];

/**
 * Checks the options.
 *
 * @throws {TypeError} that names the option and what is allowed, but no secret
 */
export function encryptionSettings(options: EncryptionOptions): EncryptionSettings {

  record('options', options);
  known('option', options, KNOWN);
  const { keys, acceptUnkeyedUntil, unreadable = 'fail' } = options;
  // It may be a variable that is not set. Sessions must not be without keys by accident.
  if ('keys' in options && keys === undefined) throw new TypeError('keys is undefined: leave it out to have none');
  if (acceptUnkeyedUntil !== undefined) {
    if (!(acceptUnkeyedUntil instanceof Date) || Number.isNaN(acceptUnkeyedUntil.getTime())) {
      throw wrong('acceptUnkeyedUntil', acceptUnkeyedUntil, 'must be a valid Date');
    }
    if (keys === undefined) throw new TypeError('acceptUnkeyedUntil needs keys');
  }
  if (unreadable !== 'fail' && unreadable !== 'end') throw wrong('unreadable', unreadable, "must be 'fail' or 'end'");
  return { ring: new KeyRing(keys, acceptUnkeyedUntil), endsUnreadable: unreadable === 'end' };

}
