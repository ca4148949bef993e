import type { FoundSession, StoredInfo } from '../../base/store.js';
import { ENTRY_LENGTH, isFormer } from '../shared/former-ids.js';
import { HASH_LENGTH } from '../../id/stored-id.js';
import { fromJson } from './json-texts.js';
import { fromStored } from './sql-info.js';
import { unreadable, unreadableTexts } from '../shared/unreadable.js';

/** What `data` is once a session has ended. */
export const ENDED = '{}';

/** The same where its visitor has another session by now. */
export const ENDED_AS_MOVED = '{"moved":""}';

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
  /** What the session is, as `toStored()` writes it. */
  readonly info: string;
  /** A JSON object of texts; `''` where it was left out. */
  readonly data: string;
}

/**
 * Reads a row. It comes as one text, since each column costs the drivers more
 * than it costs to cut it off here: `now ends_at version `, the length of
 * `info`, a space, and then, with nothing in between, `info`, `id_hash`,
 * `former` and `data`.
 *
 * @throws {SessionStoreError} where it is nothing that the store has written
 */
export function readRow(text: string | null): SqlRow {

  // A column that is NULL makes NULL of all.
  if (text === null) throw unreadable();

  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  const third = text.indexOf(' ', second + 1);
  const info = text.indexOf(' ', third + 1) + 1;
  const ids = info + Number(text.slice(third + 1, info - 1));
  const data = text.indexOf('{', ids);
  const hasHash = (data - ids) % ENTRY_LENGTH === HASH_LENGTH;
  const former = hasHash ? ids + HASH_LENGTH : ids;
  if (data === -1 || (data - former) % ENTRY_LENGTH !== 0) throw unreadable();
  return {
    now: Number(text.slice(0, first)),
    endsAt: Number(text.slice(first + 1, second)),
    version: Number(text.slice(second + 1, third)),
    info: text.slice(info, ids),
    idHash: text.slice(ids, former),
    former: text.slice(former, data),
    data: text.slice(data),
  };

}

/** Whether the session lives, under this id. */
export function isLive({ idHash, endsAt, now }: SqlRow, hash: string): boolean {

  return idHash === hash && endsAt > now;

}

/**
 * What is there for those who come with an id.
 *
 * @param limit as `SqlTable` has it, why `data` was left out
 * @throws {SessionStoreError} where it can't be read
 */
export function sessionIn(row: SqlRow, hash: string, limit: string): FoundSession | null {

  const { now, endsAt, version, idHash, former, data } = row;
  if (!isLive(row, hash)) {
    // What has ended has no id any more, and is forgotten with its mark.
    if (idHash === hash) return expired(row);
    if (endsAt <= now || !isFormer(former, hash, now)) return null;
    return withInfo(row, { status: 'retired', moved: idHash !== '' || data === ENDED_AS_MOVED });
  }
  return withInfo(row, { status: 'live', texts: data === '' ? unreadableTexts(tooLong(limit)) : textsOf(row), version, remaining: (endsAt - now) / 1000 });

}

/** @throws {SessionStoreError} where they can't be read */
export function textsOf({ data }: SqlRow): Map<string, string> {

  const texts = fromJson(data);
  if (!texts) throw unreadable();
  return texts;

}

/** @param limit as `SqlTable` has it */
export function tooLong(limit: string): Error {

  return new Error(`The session is larger than ${limit}: it could not be read again`);

}

/** The user and details of a live session, whatever its id; null if it is not live, or nothing is known of it. */
export function infoIn({ idHash, endsAt, now, info }: SqlRow): StoredInfo | null {

  return idHash === '' || endsAt <= now ? null : fromStored(info) ?? null;

}

/** It is gone, whatever is left of it. */
function expired(row: SqlRow): FoundSession {

  try {
    return withInfo(row, { status: 'expired' });
  } catch {
    return { status: 'expired' };
  }

}

function withInfo<T extends FoundSession>({ info }: SqlRow, found: T): T {

  try {
    return info === '' ? found : { ...found, info: fromStored(info) };
  } catch (cause) {
    throw unreadable(cause);
  }

}

/** A version as the table has it; one that it never has for something else; null for any. */
export function knownVersion(version: string | number | undefined): number | null {

  if (version === undefined) return null;
  return Number.isSafeInteger(Number(version)) ? Number(version) : -1;

}

export function hasPassed(expected: number | null, { version }: SqlRow): boolean {

  return expected !== null && expected !== version;

}
