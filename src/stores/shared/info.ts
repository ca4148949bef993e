import type { StoredInfo } from '../../base/store.js';
import { toAscii } from './ascii.js';

/*
 * The user and details of a session, as a list of two: `[user, details]`.
 */

/** The contract's 4,096 characters, and what a store around this one adds. */
const LONGEST_DETAILS = 4200;

/** Reads such a list; returns `undefined` for anything else. */
export function toInfo(list: unknown): StoredInfo | undefined {

  if (!Array.isArray(list) || list.length !== 2) return undefined;
  const [user, details]: unknown[] = list;
  if (user !== null && (typeof user !== 'string' || user === '')) return undefined;
  if (typeof details !== 'string' || details.length > LONGEST_DETAILS || !/^[\x20-\x7e]*$/.test(details)) return undefined;
  return { user, details };

}

export function infoList({ user, details }: StoredInfo): [user: string | null, details: string] {

  return [user, details];

}

/** Writes the list as JSON in ASCII, which keeps any user exactly in any database. */
export function infoText(info: StoredInfo): string {

  return toAscii(JSON.stringify(infoList(info)));

}

/** @throws {Error} for anything that {@link infoText} has not made */
export function fromInfoText(text: string): StoredInfo {

  const info = toInfo(JSON.parse(text));
  if (!info) throw new Error('This is not the user and details of a session');
  return info;

}
