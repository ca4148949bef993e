import type { RetiredSession, StoredInfo, SessionChange, SessionTexts } from '../../base/store.js';
import { isFormer, TIME_LENGTH } from '../shared/former-ids.js';
import { fromInfoText, infoList } from '../shared/info.js';
import { PackedTexts, packKey } from '../shared/packed-texts.js';
import { HASH_LENGTH } from '../../id/stored-id.js';
import { unreadable } from '../shared/unreadable.js';

/*
 * A session as one string of Redis: a header line of fields between spaces, and
 * under it the lines of packed-texts.ts.
 *
 *     ends_at used_at hash version former about
 *     key TAB text
 *
 * The first four have a fixed width, so that no one has to search for them.
 * `former` is as in former-ids.ts, and often empty. `info` is what
 * {@link packAbout} makes, or empty. More fields may follow it: what changes a
 * record keeps them. Where the session has ended, `former` is the last field, and
 * the one in place of the hash says how.
 */

/** The last time of that length, in the year 2286. */
export const LATEST = 10 ** TIME_LENGTH - 1;

/** Is in place of the hash where the session has ended: no hash begins with a dot. */
export const ENDED = '.'.repeat(HASH_LENGTH);

/** The same where it has ended since its visitor has another one. */
export const REPLACED = `${'.'.repeat(HASH_LENGTH - 1)}-`;

/** Of `version`. */
export const VERSION_LENGTH = 12;

/** Where the fields begin, counted from 0. */
export const USED_AT = TIME_LENGTH + 1;
export const HASH = USED_AT + TIME_LENGTH + 1;
export const VERSION = HASH + HASH_LENGTH + 1;
export const FORMER = VERSION + VERSION_LENGTH + 1;

/** What a record begins with, whatever id the session has, or had. */
const HEADER = new RegExp(`^\\d{${TIME_LENGTH}} \\d{${TIME_LENGTH}} [\\w.-]{${HASH_LENGTH}} \\w{${VERSION_LENGTH}} `);

/** A live session, as its record has it. */
export interface LiveRecord {
  /** Unix time in milliseconds, by the server's clock. */
  readonly endsAt: number;
  readonly version: string;
  readonly info: StoredInfo | undefined;
  readonly texts: SessionTexts;
}

/**
 * Reads a session; `null` where it has another id by now.
 *
 * @throws {SessionStoreError} where the value is none of a session
 */
export function readLive(value: string, hash: string): LiveRecord | null {

  if (!value.startsWith(hash, HASH)) {
    if (HEADER.test(value)) return null;
    throw unreadable();
  }
  const endOfHeader = value.indexOf('\n', FORMER);
  const endsAt = Number(value.slice(0, TIME_LENGTH));
  const info = readInfo(value, endOfHeader);
  if (!value.endsWith('\n') || Number.isNaN(endsAt) || info === null) throw unreadable();
  return {
    endsAt,
    version: value.slice(VERSION, VERSION + VERSION_LENGTH),
    info,
    texts: new PackedTexts(value, endOfHeader + 1),
  };

}

/**
 * Reads what is remembered of an id that the session had before.
 *
 * @param now Unix time in milliseconds, by the server's clock
 */
export function readRetired(value: string, hash: string, now: number): RetiredSession | null {

  const [former = ''] = value.slice(FORMER).split(/[ \n]/, 1);
  if (!isFormer(former, hash, now)) return null;
  if (value.startsWith(ENDED, HASH)) return { status: 'retired', moved: false };
  const info = readInfo(value, value.indexOf('\n', FORMER));
  return info ? { status: 'retired', moved: true, info } : { status: 'retired', moved: true };

}

/** Reads the user and details of a live session, whatever its id, from the header of its record; `null` if it has ended, or nothing is known of it. */
export function readInfoOf(header: string): StoredInfo | null {

  return header.startsWith('.', HASH) ? null : readInfo(header, header.indexOf('\n', FORMER)) ?? null;

}

/** Reads the times in the header of a record: Unix times in milliseconds, by the server's clock. */
export function readTimes(header: string): { endsAt: number; usedAt: number } {

  return { endsAt: Number(header.slice(0, TIME_LENGTH)), usedAt: Number(header.slice(USED_AT, USED_AT + TIME_LENGTH)) };

}

/** Writes what a session is as JSON without spaces. JSON escapes what is no text, such as half a character. */
export function packInfo(info: StoredInfo): string {

  return JSON.stringify(infoList(info)).replaceAll(' ', SPACE);

}

/** How what {@link packAbout} makes begins for a user, and for no other. */
export function infoOfUser(user: string): string {

  return `[${JSON.stringify(user).replaceAll(' ', SPACE)},`;

}

/** The user in what {@link packAbout} has made; null for no one, and where it can't be read. */
export function userIn(info: string): string | null {

  try {
    const [user] = JSON.parse(info) as [string | null];
    return user;
  } catch {
    return null;
  }

}

const SPACE = '\\u0020';

/** What the session is; nothing where that is not said, `null` where it can't be read. */
function readInfo(value: string, endOfHeader: number): StoredInfo | null | undefined {

  const start = value.indexOf(' ', FORMER) + 1;
  if (start === 0 || start >= endOfHeader) return undefined;
  const [text = ''] = value.slice(start, endOfHeader).split(' ', 1);
  if (text === '') return undefined;
  try {
    return fromInfoText(text);
  } catch {
    return null;
  }

}

/**
 * Writes a change as two texts for each key: what stands before its text in a
 * record, and the text, or nothing for a key that goes.
 */
export function packChange({ set, unset }: SessionChange): string[] {

  const packed: string[] = [];
  for (const key of unset) packed.push(`\n${packKey(key)}\t`, '');
  for (const [key, text] of set) packed.push(`\n${packKey(key)}\t`, text);
  return packed;

}
