import type { EndReason, RetiredSession, SessionChange, SessionRecord, SessionState, SessionTexts, StoredInfo, StoredSession } from '../../base/store.js';
import { HASH_LENGTH } from '../../id/stored-id.js';
import { isFormer, TIME_LENGTH } from '../shared/former-ids.js';
import { fromInfoText, infoList } from '../shared/info.js';
import { PackedTexts, packKey } from '../shared/packed-texts.js';
import { toFormerIds } from '../shared/records.js';
import { reasonIn, stateIn } from '../shared/session-state.js';
import { unreadable } from '../shared/unreadable.js';

/*
 * A session as one string of Redis: a header line of fields between spaces, and
 * under it the lines of packed-texts.ts.
 *
 *     ends_at used_at hash version former info
 *     key TAB text
 *
 * The first four have a fixed width, so they need not be searched for. The first
 * two are Unix times in milliseconds: `used_at` is the time of the last write or
 * touch. `former` is as in former-ids.ts, and often empty. `info` is what
 * {@link packInfo} makes, or empty. More fields may follow it: changes of the
 * record keep them. If the session has ended, the text in place of the hash says
 * how, and the reason is in place of `info`, if one was given.
 */

/** The last time of {@link TIME_LENGTH} digits, in the year 2286. */
export const LATEST = 10 ** TIME_LENGTH - 1;

/** Takes the place of the hash if the session has ended: no hash begins with a dot. */
export const ENDED = '.'.repeat(HASH_LENGTH);

/** The same if it was ended because its visitor has another session. */
export const REPLACED = `${'.'.repeat(HASH_LENGTH - 1)}-`;

/** The length of `version`. */
export const VERSION_LENGTH = 12;

/** Where the fields begin, counted from 0. */
export const USED_AT = TIME_LENGTH + 1;
export const HASH = USED_AT + TIME_LENGTH + 1;
export const VERSION = HASH + HASH_LENGTH + 1;
export const FORMER = VERSION + VERSION_LENGTH + 1;

/** The begin of any record. */
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
 * Reads a session; `null` if it has another id by now.
 *
 * @throws {SessionStoreError} for a value that is not a session
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
 * Reads the mark of an id that the session had before.
 *
 * @param now Unix time in milliseconds, by the server's clock
 */
export function readRetired(value: string, hash: string, now: number): RetiredSession | null {

  const [former = ''] = value.slice(FORMER).split(/[ \n]/, 1);
  if (!isFormer(former, hash, now)) return null;
  if (value.startsWith('.', HASH)) {
    const reason = endReason(value);
    return { status: 'retired', moved: !value.startsWith(ENDED, HASH), ...(reason && { reason }) };
  }
  const info = readInfo(value, value.indexOf('\n', FORMER));
  return info ? { status: 'retired', moved: true, info } : { status: 'retired', moved: true };

}

/** How the header of a mark ends. */
export function packReason(reason: EndReason | undefined): string {

  return reason ? ` ${reason}` : '';

}

function endReason(mark: string): EndReason | undefined {

  if (mark.startsWith(REPLACED, HASH)) return 'signed-out';
  return reasonIn(mark.slice(FORMER).split(/[ \n]/, 2)[1]);

}

/**
 * Says what has become of a session.
 *
 * @param record as the script STATE answers
 * @param now Unix time in milliseconds, by the server's clock
 */
export function readState(record: string, now: number): SessionState | null {

  const endsAt = Number(record.slice(0, TIME_LENGTH) || Number.NaN);
  if (Number.isNaN(endsAt)) return null;
  const isMark = record.startsWith('.', HASH);
  return stateIn({ isMark, left: endsAt - now, reason: isMark ? endReason(record) : undefined });

}

/** Reads the user and details of a live session, whatever its id, from the header of its record; `null` if it has ended, or has no info. */
export function readInfoOf(header: string): StoredInfo | null {

  return header.startsWith('.', HASH) ? null : readInfo(header, header.indexOf('\n', FORMER)) ?? null;

}

/**
 * Reads a live record, whatever the id of its session.
 *
 * @param now Unix time in milliseconds, by the server's clock
 * @throws {SessionStoreError} if it can't be read
 */
export function readRecord(value: string, handle: string, now: number): SessionRecord {

  const hash = value.slice(HASH, HASH + HASH_LENGTH);
  const live = HEADER.test(value) ? readLive(value, hash) : null;
  if (!live) throw unreadable();
  const [former = ''] = value.slice(FORMER).split(/[ \n]/, 1);
  const { usedAt } = readTimes(value);
  try {
    return {
      handle, hash, former: toFormerIds(former, now), texts: new Map(live.texts), ...(live.info && { info: live.info }),
      idle: Math.max(0, now - usedAt) / 1000, remaining: Math.max(0, live.endsAt - now) / 1000, version: live.version,
    };
  } catch (cause) {
    throw unreadable(cause);
  }

}

/** Reads a live session among all from the header of its record; null if it can't be read. */
export function readListed(header: string, handle: string, { size, now }: { readonly size: number; readonly now: number }): StoredSession | null {

  const info = HEADER.test(header) ? readInfo(header, header.indexOf('\n', FORMER)) : null;
  if (info === null) return null;
  const { endsAt, usedAt } = readTimes(header);
  const { user, details } = info ?? { user: null, details: '' };
  return { handle, user, details, idle: Math.max(0, now - usedAt) / 1000, remaining: Math.max(0, endsAt - now) / 1000, size };

}

/** Reads the times in the header of a record: Unix times in milliseconds, by the server's clock. */
export function readTimes(header: string): { endsAt: number; usedAt: number } {

  return { endsAt: Number(header.slice(0, TIME_LENGTH)), usedAt: Number(header.slice(USED_AT, USED_AT + TIME_LENGTH)) };

}

/** Writes the info as JSON without spaces. JSON escapes half a surrogate pair, which no UTF-8 has. */
export function packInfo(info: StoredInfo): string {

  return JSON.stringify(infoList(info)).replaceAll(' ', SPACE);

}

/** The begin of what {@link packInfo} makes for a user, and for no other. */
export function infoOfUser(user: string): string {

  return `[${JSON.stringify(user).replaceAll(' ', SPACE)},`;

}

/** The user in what {@link packInfo} has made; null for an anonymous session, and if it can't be read. */
export function userIn(info: string): string | null {

  try {
    const [user] = JSON.parse(info) as [string | null];
    return user;
  } catch {
    return null;
  }

}

const SPACE = '\\u0020';

/** Reads the info; undefined if there is none, `null` if it can't be read. */
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

/** Writes a change as lines, like those of a record. The text of a key that is removed is empty. */
export function packChange({ set, unset }: SessionChange): string {

  let lines = '';
  for (const key of unset) lines += `${packKey(key)}\t\n`;
  for (const [key, text] of set) lines += `${packKey(key)}\t${text}\n`;
  return lines;

}
