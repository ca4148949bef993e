import { andThen, isThenable } from './awaitable.js';
import { SessionCookieError, SessionEndedError, SessionStoreError } from './errors.js';
import { type LoadedSession, NOTHING } from './load-session.js';
import { moveInSteps } from './move-in-steps.js';
import type { Settings } from './options.js';
import type { Session } from './session.js';
import { merge, type NamedChange, sessionChange } from './session-change.js';
import type { Awaitable, SessionChange, SessionTexts } from './store.js';
import type { TimedStore } from './timed-store.js';

/** What the response must do with the cookie. */
export type CookieAction = 'keep' | 'set' | 'clear';

/** What saving needs beside the session itself. */
export interface Saving {
  readonly store: TimedStore;
  readonly settings: Pick<Settings, 'expiry' | 'touchInterval' | 'cookieOptions'>;
  /** The time in milliseconds, of a clock that never goes back. */
  readonly now: () => number;
  /** Says whether an id will be recognised when the browser sends it back. */
  readonly isUsable: (id: string) => boolean;
  /** Whether this response can carry a cookie: after a WebSocket's upgrade none can. */
  readonly canSetCookie: boolean;
}

export const CHANGE_TOO_LATE = 'The session had ended or had a new id before this request could change it';

/** An id that is taken comes from a broken generator, which rarely repeats itself at once. */
const MOST_TRIES = 3;

/**
 * Stores what the request did to its session, and says what the cookie has to
 * do. May be called again: only what changed since is stored then.
 *
 * @throws {SessionValueError} if a value can't be stored
 * @throws {SessionStoreError} if the store failed: the change may or may not be stored
 * @throws {SessionEndedError} if there is no session any more to change
 * @throws {SessionCookieError} if it needs a cookie, and none can be sent any more
 */
export function saveSession(session: Session, saving: Saving): Awaitable<CookieAction> {

  return session.inTurn(() => {
    const wanted = session.take();
    const giveBack = (error: unknown): never => {
      session.giveBack(wanted);
      throw error;
    };
    try {
      const change = sessionChange(session.stored, wanted, isTouchDue(session.stored, saving));
      const action = carryOut(change, wanted.texts, session, saving);
      return isThenable(action) ? action.then(undefined, giveBack) : action;
    } catch (error) {
      return giveBack(error);
    }
  });

}

/** Makes the store do what was decided. */
export function carryOut(
  change: NamedChange, wanted: SessionTexts, session: Session, saving: Saving,
): Awaitable<CookieAction> {

  const { store, settings } = saving;

  switch (change.name) {

    case 'none':
      return 'keep';

    case 'touch':
      return refresh(change.id, session, saving);

    case 'create':
      return create(change.texts, session, saving);

    case 'update':
      return andThen(store.update(change.id, change, lifetime(settings)), answer => {
        if (answer !== 'updated' && answer !== 'ended') throw new SessionEndedError(CHANGE_TOO_LATE);
        return updated(answer, wanted, session, saving);
      });

    case 'regenerate':
      return regenerate(change.id, change, session, saving);

    case 'destroy':
      return andThen(store.end(change.id), ended => {
        // Where there was nothing to end, the browser may have a newer cookie.
        session.committed(ended ? NOTHING : { kind: 'retired', id: change.id, moved: false });
        return ended ? 'clear' : 'keep';
      });

    case 'refuse':
      throw new SessionEndedError(CHANGE_TOO_LATE);

  }

}

/** What a store's answer to `update` means for the session and its cookie. */
export function updated(
  answer: 'updated' | 'ended', texts: SessionTexts, session: Session, saving: Saving,
): CookieAction {

  const before = session.stored as LoadedSession;
  if (answer === 'ended') {
    session.committed(NOTHING);
    return 'clear';
  }
  session.committed(live(before.id, texts, saving));
  return isCookieDue(before, saving) ? 'set' : 'keep';

}

/** How long a session lives from now on, if nobody uses it, in seconds. */
export function lifetime({ expiry, touchInterval }: Saving['settings']): number {

  return expiry + touchInterval;

}

/**
 * The id that a new or moved session will have.
 *
 * @throws {SessionStoreError} if the store makes ids that can't be used
 */
export function reserveId(session: Session, { store, isUsable }: Saving): Awaitable<string> {

  if (session.newId !== undefined) return session.newId;
  const { stored } = session;
  return andThen(store.newSessionId(stored.kind === 'live' ? stored.id : undefined), (id: unknown) => {
    if (typeof id !== 'string' || !isUsable(id)) {
      throw new SessionStoreError(
        'newSessionId() returned what can\'t be an id: it must be a printable text of at most 512 characters, fit into a cookie, and pass the store\'s isSessionId()',
      );
    }
    // Another call may have come first: all must get the same.
    session.newId ??= id;
    return session.newId;
  });

}

function refresh(id: string, session: Session, saving: Saving): Awaitable<CookieAction> {

  const before = session.stored as LoadedSession;
  const done = (touched: boolean): CookieAction => {
    if (!touched) return 'keep';
    session.stored = live(id, before.texts, saving, before.version);
    return isCookieDue(before, saving) ? 'set' : 'keep';
  };
  // The request changed nothing, so nothing is lost where the store fails.
  const failed = () => 'keep' as const;
  try {
    const answer = saving.store.touch(id, lifetime(saving.settings));
    return isThenable(answer) ? answer.then(done, failed) : done(answer);
  } catch {
    return failed();
  }

}

function create(
  texts: SessionTexts, session: Session, saving: Saving, triesLeft = MOST_TRIES,
): Awaitable<CookieAction> {

  requireCookie(saving);
  return andThen(reserveId(session, saving), id => (
    andThen(saving.store.create(id, texts, lifetime(saving.settings)), isCreated => {
      if (isCreated) {
        session.committed(live(id, texts, saving));
        session.created = true;
        return 'set';
      }
      session.newId = undefined;
      if (triesLeft > 1) return create(texts, session, saving, triesLeft - 1);
      throw new SessionStoreError('newSessionId() returned only ids that are in use');
    })
  ));

}

async function regenerate(
  id: string, change: SessionChange, session: Session, saving: Saving,
): Promise<CookieAction> {

  requireCookie(saving);
  const { store, settings } = saving;
  const { texts } = session.stored as LoadedSession;
  const newId = await reserveId(session, saving);
  const answer = store.canMove
    ? await store.move(id, newId, change, lifetime(settings))
    : await moveInSteps(store, id, newId, texts, change, lifetime(settings));
  if (answer === 'gone') {
    // `moveInSteps` has left a mark there: a second try must not find it in use.
    session.newId = undefined;
    throw new SessionEndedError(CHANGE_TOO_LATE);
  }
  session.committed(answer === 'moved' ? live(newId, merge(texts, change), saving) : NOTHING);
  return answer === 'moved' ? 'set' : 'clear';

}

/** @throws {SessionCookieError} where the response can't carry a cookie */
export function requireCookie({ canSetCookie }: Saving): void {

  if (canSetCookie) return;
  throw new SessionCookieError(
    'No cookie can be sent any more, in a WebSocket or after the response has left: create or regenerate the session before',
  );

}

function live(
  id: string, texts: SessionTexts, { settings, now }: Saving, version?: string | number,
): LoadedSession {

  // What was stored in this second needs no refresh.
  return { kind: 'live', id, texts, version, endsAt: now() + (lifetime(settings) + 1) * 1000 };

}

function isTouchDue(stored: Session['stored'], { settings, now }: Saving): boolean {

  return stored.kind === 'live' && stored.endsAt - now() <= settings.expiry * 1000;

}

// A cookie that ends by itself is sent anew as often as the session is refreshed.
function isCookieDue(before: LoadedSession, saving: Saving): boolean {

  return saving.settings.cookieOptions.maxAge !== undefined && isTouchDue(before, saving);

}
