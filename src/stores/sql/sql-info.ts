import type { StoredInfo } from '../../base/store.js';
import { fromInfoText, infoText } from '../shared/info.js';
import { asciiUserHash } from '../shared/user-hash.js';

/*
 * The info of a session, as a table of a database server keeps it: the user and
 * the details as one JSON array in ASCII, which no server changes or refuses, and a
 * hash of the user, to find the row by.
 */

/** The columns of a row. */
export interface InfoColumns {
  /** The user, as {@link asciiUserHash} returns it; null for an anonymous session. */
  readonly user: string | null;
  /** `''` for a session without info. */
  readonly text: string;
}

/** The columns of a session without info. */
export const UNKNOWN: InfoColumns = { user: null, text: '' };

export function toStored({ user, details }: StoredInfo): InfoColumns {

  if (user === null && details === '') return UNKNOWN;
  return { user: user === null ? null : asciiUserHash(user), text: infoText({ user, details }) };

}

/**
 * Reads the text that {@link toStored} made.
 *
 * @returns undefined for a session without info
 * @throws {Error} for any other text
 */
export function fromStored(text: string): StoredInfo | undefined {

  return text === '' ? undefined : fromInfoText(text);

}
