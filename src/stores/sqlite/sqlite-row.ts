import type { FoundSession, LiveSession, StoredInfo } from '../../base/store.js';
import { fromInfoText } from '../shared/info.js';
import { isFormer, withFormer } from '../shared/former-ids.js';
import { unpack } from '../shared/packed-texts.js';
import { unreadable } from '../shared/unreadable.js';

/** In place of the id of a session whose visitor now has another one: no hash equals it. */
export const ELSEWHERE = '-';

/** What is written under a handle. */
export interface Row {
  /** The hash of the session's id; `''` once it has ended, or {@link ELSEWHERE}. */
  readonly idHash: string;
  readonly former: string;
  /** A hash of the user whose session it is; `''` for an anonymous one. */
  readonly userId: string;
  /** What the session is, as JSON; `''` where nothing is known. */
  readonly info: string;
  /** Unix time in milliseconds. */
  readonly endsAt: number;
  /** Packed texts. */
  readonly data: string;
}

/** What stands there. */
export interface FoundRow extends Row {
  /** Raised by each writing. */
  readonly version: number;
  /** When it was read: Unix time in milliseconds, by SQLite's own clock. */
  readonly now: number;
}

/** Whether there is neither a session nor a mark any more. */
export function isDead({ endsAt, now }: FoundRow): boolean {

  // A time that is none is over.
  return !(endsAt > now);

}

/** Whether the session lives, under this id. */
export function isLive(row: FoundRow, hash: string): boolean {

  return row.idHash === hash && !isDead(row);

}

/** Whether the session lives, under this id or one that it had before. */
export function isKnown(row: FoundRow, hash: string): boolean {

  const isThere = !isDead(row) && row.idHash !== '' && row.idHash !== ELSEWHERE;
  return isThere && (row.idHash === hash || isFormer(row.former, hash, row.now));

}

/** What is there for those who come with an id. */
export function sessionIn(row: FoundRow, hash: string): FoundSession | null {

  const { idHash, former, version, endsAt, data, info, now } = row;
  if (isLive(row, hash)) return liveSession(version, endsAt - now, data, info);
  const known = infoOf(info);
  // What has ended has no id any more, and is forgotten with its mark.
  if (idHash === hash) return { status: 'expired', ...(known && { info: known }) };
  if (isDead(row) || !isFormer(former, hash, now)) return null;
  return { status: 'retired', moved: idHash !== '', ...(known && { info: known }) };

}

/**
 * @param left of its life, in milliseconds
 * @throws {SessionStoreError} for what no store has written
 */
export function liveSession(version: number, left: number, data: string, info: string): LiveSession {

  try {
    const [texts, remaining] = [unpack(data), left / 1000];
    if (info === '') return { status: 'live', texts, version, remaining };
    return { status: 'live', texts, version, remaining, info: fromInfoText(info) };
  } catch (cause) {
    throw unreadable(cause);
  }

}

/** What a row says of the session; nothing where it says nothing that can be read. */
export function infoOf(text: string): StoredInfo | undefined {

  try {
    return text === '' ? undefined : fromInfoText(text);
  } catch {
    return undefined;
  }

}

/** What the live session of a row is, whatever its id; null where none is, or nothing is known. */
export function liveInfo(row: FoundRow | null | undefined): StoredInfo | null {

  return row && row.idHash !== '' && !isDead(row) ? infoOf(row.info) ?? null : null;

}

/** The former ids of a session that loses the id that it has. */
export function retired({ idHash, former, now }: FoundRow): string {

  return withFormer(former, idHash, now);

}
