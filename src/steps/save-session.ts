import { andThen, isThenable } from '../base/awaitable.js';
import { changeSession } from './change-session.js';
import { createSession } from './create-session.js';
import { type LoadedSession, NOTHING, textsOf, unixTime } from './load-session.js';
import { regenerateSession, replaceSession } from './regenerate-session.js';
import { type CookieAction, isCookieDue, lifeOf, live, refreshDueIn, type Saving, tooLate, whatIsDue } from './saving.js';
import { hasRequestSubscribers, publishDestroyed } from '../events/session-events.js';
import { checkSize } from '../values/session-size.js';
import { knownUser, type Session, type Wanted } from '../session/session.js';
import { isEmpty, type NamedChange, sessionChange } from '../session/session-change.js';
import type { Awaitable } from '../base/store.js';

/**
 * Stores what the request did to its session, and says what the cookie has to
 * do. May be called again: only what changed since is stored then.
 *
 * @throws {SessionValueError} if a value can't be stored
 * @throws {SessionSizeError} if the session would be too large
 * @throws {SessionStoreError} if the store failed: the change may or may not be stored
 * @throws {SessionEndedError} if there is no session any more to change
 * @throws {SessionCookieError} if it needs a cookie, and none can be sent any more
 */
export function saveSession(session: Session, saving: Saving): Awaitable<CookieAction> {

  return session.inTurn(() => {
    const wanted = session.take(saving.settings.userOf);
    const giveBack = (error: unknown): never => {
      session.giveBack(wanted);
      throw error;
    };
    try {
      const change = withNewId(sessionChange(session.stored, wanted, whatIsDue(session, saving)), session);
      checkSize(textsOf(session.stored), wanted.texts, saving.settings.maxBytes);
      if (hasRequestSubscribers()) session.note({ change, before: session.stored, refreshDueIn: refreshDueIn(session, saving) });
      const action = andThen(upgraded(change, session, saving), () => carryOut(change, wanted, session, saving) as Awaitable<CookieAction>);
      return isThenable(action) ? action.then(undefined, giveBack) : action;
    } catch (error) {
      return giveBack(error);
    }
  });

}

/** Gives a new id once more, so that the former id does not lead to values stored after a handler asked for a new id. */
function withNewId(change: NamedChange, { forwards }: Session): NamedChange {

  return change.name === 'update' && forwards ? { ...change, name: 'regenerate', reason: 'asked' } : change;

}

/** What would be stored now, as it stands. */
export function decide(session: Session, saving: Saving): NamedChange {

  return sessionChange(session.stored, session.wanted(saving.settings.userOf), whatIsDue(session, saving));

}

/** A session is in the shape in which it was read before it is changed. A new id alone is no change. */
function upgraded(change: NamedChange, { stored }: Session, saving: Saving): Awaitable<boolean> {

  if (stored.kind !== 'live' || (change.name !== 'update' && change.name !== 'regenerate')) return false;
  if (isEmpty(change) && saving.store.canMove) return false;
  return saving.store.upgrade(change.id, stored.texts, lifeOf(saving, stored.info));

}

/** Makes the store do what was decided. */
export function carryOut(
  change: NamedChange, wanted: Wanted, session: Session, saving: Saving, version?: string | number,
): Awaitable<CookieAction | 'conflict'> {

  switch (change.name) {

    case 'none':
      noteUse(session, saving);
      return 'keep';

    case 'touch':
      return touch(change.id, session, saving);

    case 'create':
      return createSession(change.texts, wanted, session, saving);

    case 'update':
      return changeSession(change.id, change, wanted.texts, session, saving);

    case 'regenerate':
      return regenerateSession(change, wanted, session, saving, version);

    case 'replace':
      return replaceSession(change.id, change.texts, wanted, session, saving);

    case 'destroy':
      return destroy(change.id, wanted, session, saving);

    case 'refuse':
      throw tooLate();

  }

}

function noteUse({ id, stored, isUsed }: Session, { uses, store }: Saving): void {

  if (uses && isUsed && id !== null && stored.kind === 'live' && stored.user !== null) uses.note(store.handleOf(id), unixTime());

}

function touch(id: string, session: Session, saving: Saving): Awaitable<CookieAction> {

  const before = session.stored as LoadedSession;
  const done = (touched: boolean): CookieAction => {
    if (!touched) return 'keep';
    session.stored = live(id, before.texts, before.info, saving, before.version);
    return isCookieDue(before, saving) ? 'set' : 'keep';
  };
  // The request changed nothing, so nothing is lost where the store fails.
  const failed = () => 'keep' as const;
  try {
    const answer = saving.store.touch(id, lifeOf(saving, before.info), before.user ?? undefined);
    return isThenable(answer) ? answer.then(done, failed) : done(answer);
  } catch {
    return failed();
  }

}

function destroy(id: string, wanted: Wanted, session: Session, { store, settings }: Saving): Awaitable<CookieAction> {

  const { stored } = session;
  // Where no one can tell whose sessions are, each end may be a sign-out.
  const isSignOut = settings.userOf === undefined || stored.kind !== 'live' || knownUser(stored, settings.userOf) !== null;
  const answer = stored.kind === 'reused'
    ? andThen(store.endSessionsOf(stored.user, { only: store.handleOf(id) }), ({ length }) => length > 0)
    : store.end(id);
  return andThen(answer, ended => {
    if (ended) publishDestroyed(id, 'user' in stored ? stored.user : null, store);
    if (ended && isSignOut) session.leavesForms = true;
    // Where there was nothing to end, the browser may have a newer cookie.
    const late = stored.kind !== 'retired' || stored.late === true;
    session.committed(ended ? NOTHING : { kind: 'retired', id, moved: false, late });
    // If its user has signed out, the user's values must not be stored again.
    session.refresh(wanted.texts);
    return ended ? 'clear' : 'keep';
  });

}
