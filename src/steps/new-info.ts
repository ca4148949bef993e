import type { NewInfo } from '../base/store.js';
import { unixTime } from '../base/time.js';
import { nextInfo } from '../info/next-info.js';
import { type Info, toStored } from '../info/session-details.js';
import type { Save, Shared } from './save.js';

/**
 * What a session becomes with a new id; undefined where there is nothing to keep.
 *
 * @param before what it was; undefined for a new session
 * @param origin what its user signed in from, if it did not come of that
 */
export function infoWithNewId(before: Info | undefined, { wanted, shared: { settings, store } }: Save, origin?: string): Info | undefined {

  const { absoluteExpiry, keepsInfo, cookieMark: cookie } = settings;
  if (!keepsInfo && !cookie && !before && !(wanted.authentication && store.keepsInfo)) return undefined;
  // Values that were not looked at name the same user as before.
  const user = wanted.user === undefined ? before?.user ?? null : wanted.user;
  const { authentication: given, isFound } = wanted;
  return nextInfo(before, { user, isFound, given, absoluteExpiry, origin, cookie }, unixTime());

}

/**
 * The same, as the store is told of it.
 *
 * @param began when the request began that signs its user in, as `Lifetimes.now()`
 *   counts; undefined where the session does not become a user's
 */
export function newInfo(info: Info | undefined, began: number | undefined, { lifetimes }: Shared): NewInfo | undefined {

  if (!info) return undefined;
  return {
    info: toStored(info),
    // A store around another may call it late.
    get requestAge() {
      return began === undefined ? undefined : (lifetimes.now() - began) / 1000;
    },
  };

}
