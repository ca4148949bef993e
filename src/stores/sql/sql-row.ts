import type { EndReason, EndTerms, FoundSession, SessionState, StoredInfo } from '../../base/store.js';
import { HASH_LENGTH } from '../../id/stored-id.js';
import { ENTRY_LENGTH, isFormer } from '../shared/former-ids.js';
import { reasonIn, stateIn } from '../shared/session-state.js';
import { unreadable, unreadableTexts } from '../shared/unreadable.js';
import { fromJson } from './json-texts.js';
import { fromStored } from './sql-info.js';

/** The `data` of a session that has ended, if its visitor already has another one. */
const ENDED_AS_MOVED = '{"moved":""}';

/** The `data` of a session that has ended. */
export function endData({ moved, reason }: EndTerms): string {

  if (moved) return ENDED_AS_MOVED;
  return reason ? `{"reason":"${reason}"}` : '{}';

}

/** Why a session has ended, by its `data`. */
function endReason(data: string): EndReason | undefined {

  return data === ENDED_AS_MOVED ? 'signed-out' : reasonIn(/^{"reason":"(.*)"}$/.exec(data)?.[1]);

}

/** A row in a table of a database server. */
export interface SqlRow {
  /** When it was read: Unix time in milliseconds, by the server's clock. */
  readonly now: number;
  /** Unix time in milliseconds. */
  readonly endsAt: number;
  readonly version: number;
  /** The hash of the session's id; `''` once it has ended. */
  readonly idHash: string;
  readonly former: string;
  /** The info of the session, as `toStored()` writes it. */
  readonly info: string;
  /** A JSON object of texts; `''` if it was left out. */
  readonly data: string;
}

/**
 * Reads a row. It comes as one text, since separate columns take drivers longer
 * than cutting the text here: `now ends_at version `, the length of `info`, a
 * space, and then, with nothing in between, `info`, `id_hash`, `former` and `data`.
 *
 * @throws {SessionStoreError} for a text that no store has written
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
 * What a row has for a request with an id of this hash.
 *
 * @param limit as in `SqlTable`: the reason if `data` was left out
 * @throws {SessionStoreError} if it can't be read
 */
export function sessionIn(row: SqlRow, hash: string, limit: string): FoundSession | null {

  const { now, endsAt, version, idHash, former, data } = row;
  if (!isLive(row, hash)) {
    // A session that has ended has no id any more, so this one has not.
    if (idHash === hash) return expired(row);
    if (endsAt <= now || !isFormer(former, hash, now)) return null;
    const moved = idHash !== '' || data === ENDED_AS_MOVED;
    const reason = idHash === '' ? endReason(data) : undefined;
    return withInfo(row, { status: 'retired', moved, ...(reason && { reason }) });
  }
  return withInfo(row, { status: 'live', texts: data === '' ? unreadableTexts(tooLong(limit)) : textsOf(row), version, remaining: (endsAt - now) / 1000 });

}

/** @throws {SessionStoreError} if they can't be read */
export function textsOf({ data }: SqlRow): Map<string, string> {

  const texts = fromJson(data);
  if (!texts) throw unreadable();
  return texts;

}

/** @param limit as in `SqlTable` */
export function tooLong(limit: string): Error {

  return new Error(`The session is larger than ${limit}: it could not be read again`);

}

/**
 * Says what has become of a session.
 *
 * @param text `now ends_at handle data`, where only a mark has `data`
 */
export function stateOf(text: string): [handle: string, state: SessionState | null] {

  const [now, endsAt, handle = '', data = ''] = text.split(' ', 4);
  const left = Number(endsAt) - Number(now);
  return [handle, stateIn({ isMark: data !== '', left, reason: endReason(data) })];

}

/** The user and details of a live session, whatever its id; null if it is not live, or has no info. */
export function infoIn({ idHash, endsAt, now, info }: SqlRow): StoredInfo | null {

  return idHash === '' || endsAt <= now ? null : fromStored(info) ?? null;

}

/** An expired session, even if its info can't be read. */
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

/** The version as a column has it; null if any version will do, and a number that no row has for a version of another form. */
export function knownVersion(version: string | number | undefined): number | null {

  if (version === undefined) return null;
  return Number.isSafeInteger(Number(version)) ? Number(version) : -1;

}

export function hasPassed(expected: number | null, { version }: SqlRow): boolean {

  return expected !== null && expected !== version;

}
