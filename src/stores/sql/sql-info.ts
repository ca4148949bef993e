import type { StoredInfo } from '../../base/store.js';
import { fromInfoText } from '../shared/info.js';
import { toAscii } from './json-texts.js';
import { storedId } from '../../id/stored-id.js';

/*
 * What a session is, as a table of a database server keeps it: the user and the
 * details as one JSON array of ASCII characters, which no engine changes or
 * refuses, and a hash of the user to find the row by.
 */

/** What stands in the columns of a row. */
export interface InfoColumns {
  /** Whose session it is, as {@link userHash}; null for an anonymous one. */
  readonly user: string | null;
  /** `''` where nothing is known of the session. */
  readonly text: string;
}

/** What stands there where nothing is known. */
export const UNKNOWN: InfoColumns = { user: null, text: '' };

export function toStored({ user, details }: StoredInfo): InfoColumns {

  if (user === null && details === '') return UNKNOWN;
  return { user: user === null ? null : userHash(user), text: toAscii(JSON.stringify([user, details])) };

}

/**
 * Reads the text that {@link toStored} made.
 *
 * @returns undefined where nothing is known
 * @throws {Error} where it is something else
 */
export function fromStored(text: string): StoredInfo | undefined {

  return text === '' ? undefined : fromInfoText(text);

}

/** SHA-256 of a user, in base64url: as short for all, and different for all, also for texts that UTF-8 can't tell apart. */
export function userHash(user: string): string {

  return storedId(toAscii(JSON.stringify(user))).hash;

}

/** Says whether a text can be the handle of a session: letters, digits, `-` and `_`. */
export function isHandle(text: string): boolean {

  return /^[\w-]{16}$/.test(text);

}
