import type { SessionChange, SessionTexts } from '../../store.js';
import { isFormer } from './former-ids.js';
import { PackedTexts, packKey } from './packed-texts.js';

/*
 * A session as one string of Redis: a header line of fields between spaces, and
 * under it the lines of packed-texts.ts.
 *
 *     ends_at hash version former
 *     key TAB text
 *
 * The first three have a fixed width, so that nobody has to search for them.
 * `former` is as in former-ids.ts, and often empty. More fields may follow it:
 * what changes a record keeps them.
 */

/** Of `ends_at`: Unix time in milliseconds. */
export const TIME_LENGTH = 13;

/** The last time of that length, in the year 2286. */
export const LATEST = 10 ** TIME_LENGTH - 1;

/** Of `hash`, which stored-id.ts makes of an id. */
const HASH_LENGTH = 43;

/** Stands for the hash where the session has ended: no hash has a dot. */
export const NO_HASH = '.'.repeat(HASH_LENGTH);

/** Of `version`. */
export const VERSION_LENGTH = 12;

/** Where the fields begin, counted from 0. */
export const HASH = TIME_LENGTH + 1;
export const VERSION = HASH + HASH_LENGTH + 1;
export const FORMER = VERSION + VERSION_LENGTH + 1;

/** A live session, as its record has it. */
export interface LiveRecord {
  /** Unix time in milliseconds, by the server's clock. */
  readonly endsAt: number;
  readonly version: string;
  readonly texts: SessionTexts;
}

/** Reads a session; `null` where it has another id by now, or the value is none of a session. */
export function readLive(value: string, hash: string): LiveRecord | null {

  if (!value.startsWith(hash, HASH) || !value.endsWith('\n')) return null;
  const endOfHeader = value.indexOf('\n', FORMER);
  const endsAt = Number(value.slice(0, TIME_LENGTH));
  if (Number.isNaN(endsAt)) return null;
  return {
    endsAt,
    version: value.slice(VERSION, VERSION + VERSION_LENGTH),
    texts: new PackedTexts(value, endOfHeader + 1),
  };

}

/**
 * Reads what is remembered of an id that the session had before.
 *
 * @param now Unix time in milliseconds, by the server's clock
 */
export function readRetired(value: string, hash: string, now: number): { status: 'retired'; moved: boolean } | null {

  const [former = ''] = value.slice(FORMER).split(/[ \n]/, 1);
  if (!isFormer(former, hash, now)) return null;
  return { status: 'retired', moved: !value.startsWith(NO_HASH, HASH) };

}

/** Writes a change as lines: `key TAB text` for a key that is set, `key` for one that goes. */
export function packChange({ set, unset }: SessionChange): string {

  let lines = '';
  for (const key of unset) lines += `${packKey(key)}\n`;
  for (const [key, text] of set) lines += `${packKey(key)}\t${text}\n`;
  return lines;

}
