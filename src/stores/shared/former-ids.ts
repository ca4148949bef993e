import { RETIRED_FOR } from '../../base/store.js';

/*
 * The ids that a session had before, in its own record: the newest first, each
 * as the Unix time in milliseconds until which it is remembered (13 digits) and
 * the hash of the id (43 characters). An engine puts one in front with a plain
 * concatenation, and drops all where the newest is out of date.
 */

/** For how many milliseconds an id is remembered. */
export const REMEMBERED = RETIRED_FOR * 1000;

/** Of one entry, in characters. */
export const ENTRY_LENGTH = 56;

/** Of all together: the last 20 ids. More in {@link RETIRED_FOR} seconds is no browser's doing. */
export const MOST_LENGTH = 20 * ENTRY_LENGTH;

const TIME_LENGTH = 13;

/**
 * Says whether an id is one that the session had, and is remembered. One that is
 * remembered for far too long was retired before the store's clock was set back.
 *
 * @param hash of the id
 * @param now Unix time in milliseconds, by the store's clock
 */
export function isFormer(former: string, hash: string, now: number): boolean {

  for (let at = 0; at < former.length; at += ENTRY_LENGTH) {
    if (!former.startsWith(hash, at + TIME_LENGTH)) continue;
    const until = Number(former.slice(at, at + TIME_LENGTH));
    return until > now && until <= now + 2 * REMEMBERED;
  }
  return false;

}
