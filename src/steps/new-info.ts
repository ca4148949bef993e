import type { NewInfo } from '../base/store.js';
import { unixTime } from '../base/time.js';
import { nextInfo } from '../info/next-info.js';
import { type Info, toStored } from '../info/session-details.js';
import type { Save, Shared } from './save.js';

/**
 * Makes the info of a session with a new id.
 *
 * @param before its info until now; undefined for a new session
 * @param origin names the form or session that its user signed in from
 * @returns undefined if there is nothing to keep beside the values
 */
export function infoWithNewId(before: Info | undefined, { wanted, shared: { settings, store } }: Save, origin?: string): Info | undefined {

  const { absoluteExpiry, keepsInfo, cookieMark: cookie } = settings;
  if (!keepsInfo && !cookie && !before && !(wanted.authentication && store.keepsInfo)) return undefined;
  // Undefined if the handler did not read the values, which then name the same user as before.
  const user = wanted.user === undefined ? before?.user ?? null : wanted.user;
  const { authentication: given, isFound } = wanted;
  return nextInfo(before, { user, isFound, given, absoluteExpiry, origin, cookie }, unixTime());

}

/**
 * Brings a session's info into the form that stores take.
 *
 * @param began when the request that signs the user in began, in milliseconds of
 *   `Lifetimes.now()`; undefined if the session does not get a user now
 */
export function newInfo(info: Info | undefined, began: number | undefined, { lifetimes }: Shared): NewInfo | undefined {

  if (!info) return undefined;
  return {
    info: toStored(info),
    // A getter, since a store around another may read it late.
    get requestAge() {
      return began === undefined ? undefined : (lifetimes.now() - began) / 1000;
    },
  };

}
