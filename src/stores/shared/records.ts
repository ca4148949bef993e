import { record as object, wrong } from '../../base/option-checks.js';
import type { FormerId, NewInfo, PutTerms, RecordPage, SessionRecord } from '../../base/store.js';
import { HASH_LENGTH, isHandle } from '../../id/stored-id.js';
import { OTHER_RECORD } from '../../values/other-record.js';
import { ENTRY_LENGTH, MOST_LENGTH, TIME_LENGTH } from './former-ids.js';
import { REMEMBERED } from './mark-lifetimes.js';
import { infoText, toInfo } from './info.js';

/*
 * Whole records, on their way from one store to another, and records that are no
 * sessions: each has one key, which no session has, as the first.
 */

/** How the lines of such a record begin in packed-texts.ts. */
export const OTHER_LINE = `${OTHER_RECORD}\t`;

/** How such a record begins as a JSON object. */
export const OTHER_JSON = `{"${OTHER_RECORD}"`;

const HASH = new RegExp(`^[\\w-]{${HASH_LENGTH}}$`);

/**
 * Refuses what no store can have returned as a record.
 *
 * @throws {TypeError} that names the member that is wrong
 */
export function checkRecord(given: SessionRecord): void {

  object('record', given);
  const { handle, hash, former, texts, info, idle, remaining } = given;
  if (typeof handle !== 'string' || !isHandle(handle)) throw wrong('record.handle', handle, 'must be the handle of a session');
  if (!isHash(hash)) throw wrong('record.hash', hash, 'must be a SHA-256 in base64url');
  if (!Array.isArray(former) || !former.every(isFormerId)) throw wrong('record.former', former, 'must be an array of { hash, remaining }');
  if (typeof texts?.get !== 'function') throw wrong('record.texts', texts, 'must be a Map of texts');
  if (info !== undefined && !toInfo(JSON.parse(infoText(info)))) throw wrong('record.info', info, 'must be { user, details }');
  if (idle !== null && !Number.isFinite(idle)) throw wrong('record.idle', idle, 'must be a number of seconds, or null');
  if (typeof remaining !== 'number' || Number.isNaN(remaining)) throw wrong('record.remaining', remaining, 'must be a number of seconds');

}

function isFormerId(entry: FormerId | null): boolean {

  return isHash(entry?.hash) && Number.isFinite(entry?.remaining);

}

function isHash(hash: unknown): boolean {

  return typeof hash === 'string' && HASH.test(hash);

}

/** The user of a record, as `create` gets it together with the age of the request. */
export function newInfoOf({ info }: SessionRecord, terms: PutTerms): NewInfo | undefined {

  if (!info) return undefined;
  return {
    info,
    get requestAge() {
      return terms.requestAge;
    },
  };

}

/**
 * Reads the former ids in a record, as far as they are still remembered.
 *
 * @param now Unix time in milliseconds, by the store's clock
 */
export function toFormerIds(former: string, now: number): FormerId[] {

  const ids: FormerId[] = [];
  for (let at = 0; at < former.length; at += ENTRY_LENGTH) {
    const left = Number(former.slice(at, at + TIME_LENGTH)) - now;
    if (left > 0 && left <= 2 * REMEMBERED) ids.push({ hash: former.slice(at + TIME_LENGTH, at + ENTRY_LENGTH), remaining: left / 1000 });
  }
  return ids;

}

/**
 * Writes former ids into a record.
 *
 * @param now Unix time in milliseconds, by the store's clock
 */
export function fromFormerIds(ids: readonly FormerId[], now: number): string {

  const entries = ids.filter(({ remaining }) => remaining > 0).map(({ hash, remaining }) => (
    `${Math.ceil(now + Math.min(remaining * 1000, REMEMBERED))}${hash}`));
  return entries.join('').slice(0, MOST_LENGTH);

}

/** Reads records, and notes which of them can't be read: they must not hide the others. */
export function readable(found: ReadonlyArray<{ readonly handle: string; readonly read: () => SessionRecord }>): Omit<RecordPage, 'next'> {

  const records: SessionRecord[] = [];
  const unreadable: string[] = [];
  for (const { handle, read } of found) {
    try {
      records.push(read());
    } catch {
      unreadable.push(handle);
    }
  }
  return { records, unreadable };

}
