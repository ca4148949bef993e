import { known, record, wrong } from '../base/option-checks.js';
import { type EncryptionKey, KeyRing } from './key-ring.js';

/** Options of `encrypted()`. */
export interface EncryptionOptions {

  /**
   * Secrets of the application, the newest first: it seals, the others only open.
   * With them, whoever can write to the store can't make or change a session.
   * Without this option, what opens a session is its id alone.
   */
  keys?: readonly EncryptionKey[];

  /**
   * Until when values are opened that were sealed without a key, for an
   * application that did without until now. By default they are unreadable at once:
   * whoever can write to the store could make such values.
   */
  acceptUnkeyedUntil?: Date;

  /**
   * What becomes of a session with a value that can't be opened: `'fail'`, the
   * default, answers its requests with 503, so that a key that was removed too
   * early is seen, and loses nothing. `'end'` ends the session.
   */
  unreadable?: 'fail' | 'end';

}

/** Options as the wrapper uses them. */
export interface EncryptionSettings {
  readonly ring: KeyRing;
  readonly endsUnreadable: boolean;
}

const KNOWN = ['keys', 'acceptUnkeyedUntil', 'unreadable'];

/** @throws {TypeError} that names the option and what is allowed, and tells no secret */
export function encryptionSettings(options: EncryptionOptions): EncryptionSettings {

  record('options', options);
  known('option', options, KNOWN);
  const { keys, acceptUnkeyedUntil, unreadable = 'fail' } = options;
  // Such as a variable that is not set: sessions must not be without keys by accident.
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
