import type { SessionOptions } from './options.js';
import type { SessionStore } from './base/store.js';
import { warnOnce } from './base/warnings.js';

/** Whose a session is by the first middleware of a store and a cookie. */
const users = new WeakMap<SessionStore, Map<string, string>>();

/**
 * Warns of two middlewares that keep the sessions of one cookie in one store and
 * disagree on whose a session is. They are two applications then, and take each
 * other's ids: user 5 of one is user 5 of the other. Across processes this can't
 * be seen: two applications with equal options look like one.
 */
export function warnOfSharedStore({ store, user }: SessionOptions, cookieName: string): void {

  if (store === 'memory') return;
  const ofStore = users.get(store) ?? new Map<string, string>();
  users.set(store, ofStore);
  // Functions that are written alike are the same: an application may be made more than once.
  const here = String(user);
  const before = ofStore.get(cookieName) ?? here;
  ofStore.set(cookieName, before);
  if (before === here) return;
  const problem = `Two session middlewares keep the sessions of the cookie ${cookieName} in one store and have different options user`;
  const remedy = 'If they are two applications, give each a prefix or table and a cookieName of its own; if they are one, give both the same option';
  warnOnce('SESSION_SHARED_STORE', `${problem}: each takes the other's sessions for its own, with their users. ${remedy}`);

}
