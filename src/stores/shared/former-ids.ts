import { HASH_LENGTH } from '../../id/stored-id.js';
import { REMEMBERED } from './mark-lifetimes.js';

/*
 * The ids that a session had before, in its own record: the newest first, each
 * as the Unix time in milliseconds until which it is remembered, and the hash of
 * the id. An engine puts one in front with a plain concatenation, and drops all
 * if the newest is out of date.
 */

/** The length of a Unix time in milliseconds, in digits. */
export const TIME_LENGTH = 13;

/** The length of one entry, in characters. */
export const ENTRY_LENGTH = TIME_LENGTH + HASH_LENGTH;

/** The length of all entries: the last 20 ids. No browser causes more within {@link REMEMBERED}. */
export const MOST_LENGTH = 20 * ENTRY_LENGTH;

/**
 * Puts the current id of a session in front of its former ones.
 *
 * @param hash of the current id
 * @param now Unix time in milliseconds, by the store's clock
 */
export function withFormer(former: string, hash: string, now: number): string {

  const remembered = Number(former.slice(0, TIME_LENGTH)) > now ? former.slice(0, MOST_LENGTH - ENTRY_LENGTH) : '';
  return `${now + REMEMBERED}${hash}${remembered}`;

}

/**
 * Says whether a session had an id that is still remembered. An id that is
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
