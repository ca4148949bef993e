import type { StoredInfo } from '../../base/store.js';

/*
 * What a session is beside its values, as a list of two: `[user, details]`.
 */

/** The contract's 4,096 characters, and what a store around this one adds. */
const LONGEST_DETAILS = 4200;

/** Reads such a list; `undefined` where it is something else. */
export function toInfo(list: unknown): StoredInfo | undefined {

  if (!Array.isArray(list) || list.length !== 2) return undefined;
  const [user, details]: unknown[] = list;
  if (user !== null && (typeof user !== 'string' || user === '')) return undefined;
  if (typeof details !== 'string' || details.length > LONGEST_DETAILS || !/^[\x20-\x7e]*$/.test(details)) return undefined;
  return { user, details };

}

/** Writes it as JSON in ASCII, which keeps any user exactly in any database. */
export function infoText({ user, details }: StoredInfo): string {

  return JSON.stringify([user, details])
    .replace(/[\x7f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

}

/** @throws {Error} where it is nothing that {@link aboutText} has made */
export function fromInfoText(text: string): StoredInfo {

  const info = toInfo(JSON.parse(text));
  if (!info) throw new Error('This does not say what a session is');
  return info;

}
