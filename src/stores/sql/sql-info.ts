import type { StoredInfo } from '../../base/store.js';
import { fromInfoText, infoText } from '../shared/info.js';
import { asciiUserHash as userHash } from '../shared/user-hash.js';

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
  return { user: user === null ? null : userHash(user), text: infoText({ user, details }) };

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
