import { andThen } from '../base/awaitable.js';
import type { Awaitable, SessionChange, SessionTexts } from '../base/store.js';
import type { LiveStored } from '../session/stored-session.js';
import { tooLarge } from '../values/session-size.js';
import { merge } from '../values/texts-change.js';
import { loadAgain } from './load-session.js';
import { tooLate } from './refusals.js';
import type { CookieAction, Save } from './save.js';

/**
 * Merges a change into the stored session.
 *
 * @throws {SessionEndedError} if the session has ended or moved
 * @throws {SessionSizeError} if the session would be larger than `maxBytes`
 */
export function changeSession(change: SessionChange & { readonly id: string }, save: Save): Awaitable<CookieAction> {

  const { session, wanted, now, shared: { store, lifetimes, settings: { maxBytes } } } = save;
  const before = save.stored as LiveStored;
  const { lifetime, user } = lifetimes.changeTerms(before, now);
  session.changing();
  return andThen(store.update(change.id, change, { lifetime, user, maxBytes, loaded: before.texts }), answer => {
    if (answer === 'updated') return changed(wanted.texts, lifetime, save);
    if (answer === 'too-large') throw tooLarge(maxBytes);
    return changeUnderNewId(change, save);
  });

}

/**
 * Merges a change into a session that got another id after this request loaded it.
 * Possible only while the former id leads to the session: see the option `grace`.
 *
 * @throws {SessionEndedError} if the former id leads nowhere
 */
export async function changeUnderNewId(change: SessionChange & { readonly id: string }, save: Save): Promise<CookieAction> {

  const { session, now, shared } = save;
  const { store, lifetimes, settings: { grace, maxBytes } } = shared;
  if (grace === 0) throw tooLate();
  const found = await loadAgain(change.id, shared);
  if (!found?.forwarded) throw tooLate();
  session.nowStored(found);
  const { lifetime, user } = lifetimes.changeTerms(found, now);
  const answer = await store.update(found.id, change, { lifetime, user, maxBytes });
  if (answer === 'too-large') throw tooLarge(maxBytes);
  if (answer !== 'updated') throw tooLate();
  const action = changed(merge(found.texts, change), lifetime, { ...save, stored: found });
  return action === 'keep' ? 'set' : action;

}

/**
 * Records that the store has changed the session.
 *
 * @param lifetime the seconds that the store gave it, at least
 * @returns what the response must do with the cookie
 */
export function changed(texts: SessionTexts, lifetime: number, { session, stored, now, shared: { lifetimes } }: Save): CookieAction {

  const before = stored as LiveStored;
  const { id, info, user } = before;
  const endsAt = Math.max(before.endsAt, lifetimes.endAfter(lifetime, now));
  session.committed({ kind: 'live', id, texts, version: undefined, endsAt, info, user });
  return lifetimes.isCookieDue(before, now) ? 'set' : 'keep';

}
