import type { LiveSession, RetiredSession } from '../../store.js';
import { ENTRY_LENGTH, isFormer, MOST_LENGTH, REMEMBERED } from './former-ids.js';
import { EMPTY, unpack } from './packed-texts.js';

/** What is written under a handle. */
export interface Row {
  /** The hash of the session's id; `''` once it has ended. */
  readonly idHash: string;
  readonly former: string;
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

  return isLive(row, hash) || (!isDead(row) && row.idHash !== '' && isFormer(row.former, hash, row.now));

}

/** What is there for those who come with an id. */
export function sessionIn(row: FoundRow, hash: string): LiveSession | RetiredSession | null {

  const { idHash, former, version, endsAt, data, now } = row;
  if (isLive(row, hash)) return liveSession(version, endsAt - now, data);
  return !isDead(row) && isFormer(former, hash, now) ? { status: 'retired', moved: idHash !== '' } : null;

}

/** @param left of its life, in milliseconds */
export function liveSession(version: number, left: number, data: string): LiveSession | null {

  try {
    // What this store has not written is no session.
    return data.startsWith(EMPTY) ? { status: 'live', texts: unpack(data), version, remaining: left / 1000 } : null;
  } catch {
    return null;
  }

}

/** The former ids of a session that loses the id that it has. */
export function retired({ idHash, former, now }: FoundRow): string {

  const remembered = Number(former.slice(0, 13)) > now ? former.slice(0, MOST_LENGTH - ENTRY_LENGTH) : '';
  return `${now + REMEMBERED}${idHash}${remembered}`;

}
