import type { SessionStore } from './base/store.js';
import { warnOnce } from './base/warnings.js';
import type { SessionOptions } from './options.js';

/** The option `user` of the first middleware on each store, for each cookie. */
const users = new WeakMap<SessionStore, Map<string, string>>();

/**
 * Warns if two middlewares keep the sessions of one cookie in one store and have
 * different options `user`. They belong to two applications then, which accept each
 * other's ids: user 5 of one is user 5 of the other. Two applications with equal
 * options, or in two processes, can't be told from one, so there is no warning.
 */
export function warnOfSharedStore({ store, user }: SessionOptions, cookieName: string): void {

  if (store === 'memory') return;
  const ofStore = users.get(store) ?? new Map<string, string>();
  users.set(store, ofStore);
  // Compared as text, since an application may be made more than once.
  const here = String(user);
  const before = ofStore.get(cookieName) ?? here;
  ofStore.set(cookieName, before);
  if (before === here) return;
  const problem = `Two session middlewares keep the sessions of the cookie ${cookieName} in one store and have different options user`;
  const remedy = 'If they are two applications, give each a prefix or table and a cookieName of its own; if they are one, give both the same option';
  warnOnce('SESSION_SHARED_STORE', `${problem}: each accepts the other's sessions and their users. ${remedy}`);

}
