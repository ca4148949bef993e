import type { LiveSession, RetiredSession } from '../../store.js';
import { ENTRY_LENGTH, isFormer } from './former-ids.js';
import { fromJson } from './json-texts.js';

/** The hash of an id, in characters. */
const HASH_LENGTH = 43;

/** What stands under a handle in a table of a database server. */
export interface SqlRow {
  /** When it was read: Unix time in milliseconds, by the server's clock. */
  readonly now: number;
  /** Unix time in milliseconds. */
  readonly endsAt: number;
  readonly version: number;
  /** The hash of the session's id; `''` once it has ended. */
  readonly idHash: string;
  readonly former: string;
  /** A JSON object of texts. */
  readonly data: string;
}

/**
 * Reads a row. It comes as one text, since each column costs the drivers more
 * than it costs to cut it off here: `now ends_at version `, and then, with
 * nothing in between, `id_hash`, `former` and `data`.
 *
 * @returns null where it is nothing that the store has written
 */
export function readRow(text: string): SqlRow | null {

  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  const ids = text.indexOf(' ', second + 1) + 1;
  const data = text.indexOf('{', ids);
  const hasHash = (data - ids) % ENTRY_LENGTH === HASH_LENGTH;
  const former = hasHash ? ids + HASH_LENGTH : ids;
  if (data === -1 || (data - former) % ENTRY_LENGTH !== 0) return null;
  return {
    now: Number(text.slice(0, first)),
    endsAt: Number(text.slice(first + 1, second)),
    version: Number(text.slice(second + 1, ids - 1)),
    idHash: text.slice(ids, former),
    former: text.slice(former, data),
    data: text.slice(data),
  };

}

/** Whether the session lives, under this id. */
export function isLive({ idHash, endsAt, now }: SqlRow, hash: string): boolean {

  return idHash === hash && endsAt > now;

}

/** What is there for those who come with an id. */
export function sessionIn(row: SqlRow, hash: string): LiveSession | RetiredSession | null {

  const { now, endsAt, version, idHash, former, data } = row;
  if (!isLive(row, hash)) {
    return endsAt > now && isFormer(former, hash, now) ? { status: 'retired', moved: idHash !== '' } : null;
  }
  const texts = fromJson(data);
  return texts && { status: 'live', texts, version, remaining: (endsAt - now) / 1000 };

}
