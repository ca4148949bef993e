import { isThenable } from '../base/awaitable.js';
import type { Awaitable } from '../base/store.js';
import { unixTime } from '../base/time.js';
import type { NamedChange } from '../session/named-change.js';
import { textsOf } from '../session/stored-session.js';
import { noSession, OTHER_RECORD } from '../values/other-record.js';
import { checkSize } from '../values/session-size.js';
import { isEmpty } from '../values/texts-change.js';
import { changeSession } from './change-session.js';
import { createSession } from './create-session.js';
import { endSession } from './end-session.js';
import { tooLate } from './refusals.js';
import { regenerateSession } from './regenerate-session.js';
import { replaceSession } from './replace-session.js';
import { requestEvents } from './request-event.js';
import type { CookieAction, Save } from './save.js';
import { touchSession } from './touch-session.js';

/**
 * Carries out a decision, after checking the session's size and upgrading its shape.
 *
 * @throws {SessionValueError} if the session has a key that no session can have
 * @throws {SessionSizeError} if the session would be too large
 * @throws {SessionStoreError} if the store failed: the change may or may not be stored
 * @throws {SessionEndedError} if the session has ended or moved
 * @throws {SessionCookieError} if a cookie is needed, and the response can't carry one
 */
export function saveSession(change: NamedChange, save: Save): Awaitable<CookieAction> {

  const { session, stored, wanted, now, shared: { settings, lifetimes } } = save;
  if (wanted.texts.has(OTHER_RECORD)) throw noSession();
  if (change.name !== 'none' && change.name !== 'touch') checkSize(textsOf(stored), wanted.texts, settings.maxBytes);
  if (requestEvents.hasSubscribers) {
    session.decided({ change, before: stored, refreshDueIn: stored.kind === 'live' ? lifetimes.touchDueIn(stored, now) : 0 });
  }
  const upgraded = change.name === 'update' || change.name === 'regenerate' ? upgrade(change, save) : false;
  const answer = isThenable(upgraded) ? upgraded.then(() => carryOut(change, save)) : carryOut(change, save);
  return answer as Awaitable<CookieAction>;

}

/** Stores a session in the shape in which it was read, before a change of its values. A new id alone needs that only if the move takes several steps. */
function upgrade(change: Extract<NamedChange, { name: 'update' | 'regenerate' }>, { stored, shared: { store, lifetimes } }: Save): Awaitable<boolean> {

  if (stored.kind !== 'live' || (isEmpty(change) && store.canMove)) return false;
  return store.upgrade?.(change.id, stored.texts, lifetimes.left(stored.info)) ?? false;

}

/** Carries out a decision. Does not check the session's size, nor upgrade its shape. */
export function carryOut(change: NamedChange, save: Save): Awaitable<CookieAction | 'conflict'> {

  switch (change.name) {
    case 'none':
      noteUse(save);
      return 'keep';
    case 'touch':
      return touchSession(change.id, save);
    case 'create':
      return createSession(change, save);
    case 'update':
      return changeSession(change, save);
    case 'regenerate':
      return regenerateSession(change, save);
    case 'replace':
      return replaceSession(change, save);
    case 'destroy':
      return endSession(change.id, save);
    case 'refuse':
      throw tooLate();
  }

}

function noteUse({ stored, visit, shared: { uses, store } }: Save): void {

  if (uses && visit.isUse && stored.kind === 'live' && stored.user !== null) uses.note(store.handleOf(stored.id), unixTime());

}
