import { wrong } from '../base/option-checks.js';
import type { SessionStore } from '../base/store.js';
import { reportEnds } from '../events/session-ends.js';
import { publishEnded, publishRevoked } from '../events/session-events.js';
import { type OperationOptions, operable } from './operable.js';

/**
 * Ends one session by its handle, whoever's it is, also an anonymous one. The next
 * request of its visitor is anonymous, and `ctx.sessionEnded` says `revoked`. The event
 * `revoked` is published if it was a user's, and otherwise `destroyed`.
 *
 * @returns false if there is no live session with this handle
 * @throws {TypeError} if the store can't do so, or for a wrong option
 * @throws {SessionStoreError} if the store fails
 */
export async function endSession(store: SessionStore, handle: string, options: OperationOptions = {}): Promise<boolean> {

  const ask = operable(store, 'endByHandle', options);
  if (typeof handle !== 'string' || handle === '') throw wrong('handle', handle, 'must be the handle of a session');
  const info = await ask(async each => each.infoByHandle?.(handle));
  const isEnded = await ask(each => each.endByHandle(handle, 'revoked'));
  if (isEnded) {
    reportEnds([handle], 'revoked');
    const user = info?.user ?? null;
    // Without a user, the event `revoked` would say that all sessions were ended.
    if (user === null) publishEnded([handle], null, 'revoked', { cookieName: null });
    else publishRevoked({ user, handles: [handle], cookieName: null });
  }
  return isEnded;

}
