import type { SessionChange, SessionTexts } from '../../base/store.js';
import { TIME_LENGTH } from '../shared/former-ids.js';
import { PackedTexts, packKey } from '../shared/packed-texts.js';
import { FORMER, HASH, VERSION } from './redis-record.js';

/** What the server writes if a record is still as it was loaded. */
export interface Rewrite {
  /**
   * The end of the first four fields, as it was loaded. While the version is the
   * same, only the two times can have changed. They matter if they are overwritten.
   */
  readonly unchanged: string;
  /** Until when the record need not live longer than it does, in Unix milliseconds by the server's clock. */
  readonly until: number;
  /** The new record; or its second to fourth field, followed by pairs of a place in bytes and what is written there. */
  readonly writes: readonly string[];
}

/** What the change makes of the record. */
interface Becomes {
  /** The hash of the id. */
  readonly hash: string;
  /** The new version. */
  readonly token: string;
  /** The version that the change applies to, or '' for any. */
  readonly expected: string;
  /** In milliseconds. */
  readonly lifetime: number;
  readonly maxBytes: number;
  /** Unix time in milliseconds, by the server's clock. */
  readonly now: number;
}

/** The longest record that is sent as a whole, in characters. */
const LONGEST = 16_384;

/** The most bytes of UTF-8 that one character takes. */
const MOST_BYTES = 3;

/** What a client makes of bytes that are not UTF-8: the places of others can't be told, and they can't be sent back. */
const NOT_UTF8 = '\ufffd';

/**
 * Makes what a change writes into the record that it was made from: only the new
 * texts if they are as long as the old ones, otherwise the whole record.
 *
 * @param loaded may be of another session, or of another store
 * @returns undefined if the server must merge the change
 */
export function rewrite(loaded: SessionTexts, change: SessionChange, becomes: Becomes): Rewrite | undefined {

  if (!(loaded instanceof PackedTexts)) return undefined;
  const { packed } = loaded;
  const { hash, token, expected, lifetime, maxBytes, now } = becomes;
  const endsAt = packed.slice(0, TIME_LENGTH);
  const until = Number(endsAt) - lifetime;
  const isAsExpected = packed.startsWith(hash, HASH) && (expected === '' || packed.startsWith(`${expected} `, VERSION));
  if (!isAsExpected || !(now <= until) || packed.includes(NOT_UTF8)) return undefined;

  const fields = `${now} ${hash} ${token}`;
  const places = placesOf(change, packed);
  if (places) return { unchanged: packed.slice(VERSION, FORMER - 1), until, writes: [fields, ...places] };
  if (packed.length > LONGEST) return undefined;
  const changed = loaded.repacked(change);
  if (changed.length > maxBytes / MOST_BYTES) return undefined;
  return { unchanged: packed.slice(0, FORMER - 1), until, writes: [`${endsAt} ${fields}${changed.slice(FORMER - 1)}`] };

}

/** Returns the places of changed texts in the record, in bytes, each with its new text; undefined if there are none, or not all are as long as before. */
function placesOf({ set, unset }: SessionChange, packed: string): string[] | undefined {

  if (set.size === 0 || unset.length > 0) return undefined;
  const writes: string[] = [];
  for (const [key, text] of set) {
    const before = `\n${packKey(key)}\t`;
    const found = packed.indexOf(before);
    const start = found + before.length;
    const end = packed.indexOf('\n', start);
    if (found === -1 || Buffer.byteLength(packed.slice(start, end)) !== Buffer.byteLength(text)) return undefined;
    writes.push(String(Buffer.byteLength(packed.slice(0, start))), text);
  }
  return writes;

}
