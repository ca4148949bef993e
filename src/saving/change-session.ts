import { type Loaded, loadSession, type LoadedSession, NOTHING } from '../load-session.js';
import { andThen } from '../awaitable.js';
import { type CookieAction, isCookieDue, lifeOf, live, type Saving, tooLate, userDue } from './saving.js';
import { tooLarge } from './session-size.js';
import type { Session } from '../session.js';
import { publishDestroyed } from '../session-events.js';
import { merge } from '../session-change.js';
import type { Awaitable, SessionChange, SessionTexts } from '../store.js';

/** Merges a change into the stored session. */
export function changeSession(
  id: string, change: SessionChange, texts: SessionTexts, session: Session, saving: Saving,
): Awaitable<CookieAction> {

  const before = session.stored as LoadedSession;
  const { maxBytes } = saving.settings;
  session.changed = true;
  const answer = saving.store.update(id, change, { lifetime: lifeOf(saving, before.about), user: userDue(before, saving), maxBytes });
  return andThen(answer, done => {
    if (done === 'too-large') throw tooLarge(maxBytes);
    if (done === 'updated' || done === 'ended') return updated(done, texts, session, saving);
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
  const { maxBytes } = saving.settings;
  const answer = await saving.store.update(found.id, change, { lifetime: lifeOf(saving, found.about), maxBytes });
  if (answer === 'too-large') throw tooLarge(maxBytes);
  if (answer !== 'updated' && answer !== 'ended') throw tooLate();
  const action = updated(answer, merge(found.texts, change), session, saving);
  return action === 'keep' ? 'set' : action;

}

/** What a store's answer to `update` means for the session and its cookie. */
export function updated(
  answer: 'updated' | 'ended', texts: SessionTexts, session: Session, saving: Saving,
): CookieAction {

  const before = session.stored as LoadedSession;
  if (answer === 'ended') {
    publishDestroyed(before.id, before.user, saving.store);
    session.committed(NOTHING);
    return 'clear';
  }
  session.committed(live(before.id, texts, before.about, saving));
  return isCookieDue(before, saving) ? 'set' : 'keep';

}
