import type { EndReason, FoundSession, LiveSession, SessionState, StoredInfo } from '../../base/store.js';
import { isFormer, withFormer } from '../shared/former-ids.js';
import { fromInfoText } from '../shared/info.js';
import { EMPTY, PackedTexts } from '../shared/packed-texts.js';
import { reasonIn, stateIn } from '../shared/session-state.js';
import { unreadable } from '../shared/unreadable.js';
import type { Columns } from './sqlite-connection.js';

/** Takes the place of the hash if the visitor of a session now has another one: no hash equals it. */
export const ELSEWHERE = '-';

/** The texts of a session, and of which row they were. */
export class LoadedTexts extends PackedTexts {

  /** The hash of the session's id. */
  readonly idHash: string;
  readonly version: number;
  /** The table that read the row. */
  readonly table: object;

  constructor({ idHash, version, data }: Pick<FoundRow, 'idHash' | 'version' | 'data'>, table: object) {
    super(data);
    this.idHash = idHash;
    this.version = version;
    this.table = table;
  }

}

/** The columns that are written under a handle. */
export interface Row {
  /** The hash of the session's id; `''` once it has ended, or {@link ELSEWHERE}. */
  readonly idHash: string;
  readonly former: string;
  /** The hash of the user; `''` for an anonymous session. */
  readonly userId: string;
  /** The info, as JSON; `''` for a session without info. */
  readonly info: string;
  /** Unix time in milliseconds. */
  readonly endsAt: number;
  /** Packed texts; in the row of a session that has ended, the reason, if one was given. */
  readonly data: string;
}

/** The columns that are read. */
export interface FoundRow extends Row {
  /** Raised by each writing. */
  readonly version: number;
  /** When it was read: Unix time in milliseconds, by SQLite's own clock. */
  readonly now: number;
  /** When it was last written or touched. */
  readonly seenAt: number;
}

/** A live session of a user, in milliseconds. */
export interface UserRow {
  readonly handle: string;
  readonly info: string;
  readonly idle: number;
  readonly left: number;
}

/** Those columns in the order in which they are read. */
export function userRow([handle, info, idle, left]: Columns): UserRow {

  return { handle: String(handle), info: String(info), idle: Number(idle), left: Number(left) };

}

/** The columns in the order in which they are read. */
export function foundRow([idHash, former, version, endsAt, data, now, userId, info, seenAt]: Columns): FoundRow {

  return {
    idHash: String(idHash), former: String(former), version: Number(version), endsAt: Number(endsAt), data: String(data), now: Number(now),
    userId: String(userId ?? ''), info: String(info), seenAt: Number(seenAt),
  };

}

/** What stands for a row that does not exist. */
export function noRow([now]: Columns): FoundRow {

  return { idHash: '', former: '', userId: '', info: '', version: 0, endsAt: 0, data: EMPTY, now: Number(now), seenAt: 0 };

}

/** Whether the time of a session, or of its mark, is over. */
export function isDead({ endsAt, now }: FoundRow): boolean {

  // Anything but a time is over, too.
  return !(endsAt > now);

}

/** Whether there is a live session, whatever its id. */
export function isAnySession(row: FoundRow): boolean {

  return !isDead(row) && row.idHash !== '' && row.idHash !== ELSEWHERE;

}

/** Whether the session lives, under this id. */
export function isLive(row: FoundRow, hash: string): boolean {

  return row.idHash === hash && !isDead(row);

}

/** Whether the session lives, under this id or one that it had a moment ago. */
export function isKnown(row: FoundRow, hash: string): boolean {

  return isAnySession(row) && (row.idHash === hash || isFormer(row.former, hash, row.now));

}

/**
 * What a row has for a request with an id of this hash.
 *
 * @param table that read the row
 */
export function sessionIn(row: FoundRow, hash: string, table: object): FoundSession | null {

  const { idHash, former, endsAt, info, now } = row;
  if (isLive(row, hash)) return liveSession(new LoadedTexts(row, table), endsAt - now, info);
  const known = infoOf(info);
  // A session that has ended has no id any more, so this one has not.
  if (idHash === hash) return { status: 'expired', ...(known && { info: known }) };
  if (isDead(row) || !isFormer(former, hash, now)) return null;
  const reason = endReason(row);
  return { status: 'retired', moved: idHash !== '', ...(known && { info: known }), ...(reason && { reason }) };

}

/** What has become of a session, and its handle. */
export function stateOf([handle, hash, left, data]: Columns): [handle: string, state: SessionState | null] {

  const idHash = String(hash);
  const isMark = idHash === '' || idHash === ELSEWHERE;
  return [String(handle), stateIn({ isMark, left: Number(left), reason: endReason({ idHash, data: String(data) }) })];

}

/** Why a session has ended; undefined if it has not, or no one said why. */
export function endReason({ idHash, data }: Pick<Row, 'idHash' | 'data'>): EndReason | undefined {

  if (idHash === ELSEWHERE) return 'signed-out';
  return idHash === '' ? reasonIn(data) : undefined;

}

/**
 * @param left milliseconds left to live
 * @throws {SessionStoreError} for columns that no store has written
 */
export function liveSession(texts: LoadedTexts, left: number, info: string): LiveSession {

  const { version } = texts;
  const remaining = left / 1000;
  // A row that can't be read is an error for every request, whether it reads the texts or not.
  texts.unpack();
  if (info === '') return { status: 'live', texts, version, remaining };
  try {
    return { status: 'live', texts, version, remaining, info: fromInfoText(info) };
  } catch (cause) {
    throw unreadable(cause);
  }

}

/** Reads the info in a row; undefined if there is none that can be read. */
export function infoOf(text: string): StoredInfo | undefined {

  try {
    return text === '' ? undefined : fromInfoText(text);
  } catch {
    return undefined;
  }

}

/** The info of a live session, whatever its id; null if there is no such session, or it has no info. */
export function liveInfo(row: FoundRow | null | undefined): StoredInfo | null {

  return row && isAnySession(row) ? infoOf(row.info) ?? null : null;

}

/** The former ids of a session that loses its current id. */
export function retired({ idHash, former, now }: FoundRow): string {

  return withFormer(former, idHash, now);

}
