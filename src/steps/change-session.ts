import { type Loaded, loadSession, type LoadedSession } from './load-session.js';
import { andThen } from '../base/awaitable.js';
import { changeTerms, type CookieAction, isCookieDue, type Saving, tooLate } from './saving.js';
import { tooLarge } from '../values/session-size.js';
import type { Session } from '../session/session.js';
import { merge } from '../session/session-change.js';
import type { Awaitable, SessionChange, SessionTexts } from '../base/store.js';

/** Merges a change into the stored session. */
export function changeSession(
  id: string, change: SessionChange, texts: SessionTexts, session: Session, saving: Saving,
): Awaitable<CookieAction> {

  const before = session.stored as LoadedSession;
  const terms = changeTerms(before, saving);
  session.changed = true;
  return andThen(saving.store.update(id, change, terms), answer => {
    if (answer === 'updated') return updated(texts, terms.lifetime, session, saving);
    if (answer === 'too-large') throw tooLarge(saving.settings.maxBytes);
    return changeWhereItWent(id, change, session, saving);
  });

}

/**
 * A change of a session that got another id meanwhile: made where the session
 * is now if it was only renewed, and `grace` is not over.
 */
export async function changeWhereItWent(
  id: string, change: SessionChange, session: Session, saving: Saving,
): Promise<CookieAction> {

  if (saving.settings.grace === 0) throw tooLate();
  const found: Loaded = await loadSession([id], saving);
  if (found.kind !== 'live' || !found.forwarded) throw tooLate();
  session.stored = found;
  const terms = changeTerms(found, saving);
  const answer = await saving.store.update(found.id, change, terms);
  if (answer === 'too-large') throw tooLarge(saving.settings.maxBytes);
  if (answer !== 'updated') throw tooLate();
  const action = updated(merge(found.texts, change), terms.lifetime, session, saving);
  return action === 'keep' ? 'set' : action;

}

/**
 * Takes note that the store has changed the session.
 *
 * @param lifetime how many seconds it was given, at least
 * @returns what the cookie has to do
 */
export function updated(texts: SessionTexts, lifetime: number, session: Session, saving: Saving): CookieAction {

  const before = session.stored as LoadedSession;
  const { id, info, user } = before;
  const endsAt = Math.max(before.endsAt, saving.now() + (lifetime + 1) * 1000);
  session.committed({ kind: 'live', id, texts, version: undefined, endsAt, info, user });
  return isCookieDue(before, saving) ? 'set' : 'keep';

}
