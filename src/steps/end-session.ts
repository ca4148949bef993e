import { andThen } from '../base/awaitable.js';
import type { Awaitable, EndTerms } from '../base/store.js';
import { publishDestroyed } from '../events/session-events.js';
import { NOTHING } from '../session/stored-session.js';
import { knownUser } from '../session/wanted.js';
import type { CookieAction, Save } from './save.js';

const SIGNED_OUT: EndTerms = { reason: 'signed-out' };

/** Ends the session, as a sign-out does. */
export function endSession(id: string, { session, stored, wanted, shared: { store, settings: { userOf } } }: Save): Awaitable<CookieAction> {

  // Without the option `user`, each end may be a sign-out.
  const isSignOut = userOf === undefined || stored.kind !== 'live' || knownUser(stored, userOf) !== null;
  const answer = stored.kind === 'reused'
    ? andThen(store.endSessionsOf(stored.user, { only: store.handleOf(id), reason: 'signed-out' }), ({ length }) => length > 0)
    : store.end(id, SIGNED_OUT);
  return andThen(answer, isEnded => {
    if (isEnded) publishDestroyed(id, 'user' in stored ? stored.user : null, 'signed-out', store);
    if (isEnded && isSignOut) session.leaveForms();
    // If the store had nothing to end, the browser may have a newer cookie, which stays.
    const wasLive = stored.kind !== 'retired' || stored.wasLive === true;
    session.committed(isEnded ? NOTHING : { kind: 'retired', id, moved: false, wasLive });
    // If its user has signed out, the user's values must not be stored again.
    session.refresh(wanted.texts);
    return isEnded ? 'clear' : 'keep';
  });

}
