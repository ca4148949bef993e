import { loadAgain } from './load-session.js';
import { tooLate } from './refusals.js';
import type { CookieAction, Visit } from './save.js';

/**
 * Reads the stored session again, from the store and not from a copy. What the request
 * has changed and not stored yet stays, on top of what is stored now.
 *
 * @throws {SessionEndedError} if the session has ended or moved
 * @throws {SessionStoreError} if the store failed
 * @throws {SessionValueError} if the request has put something into the session that can't be stored
 */
export async function reloadSession({ session, shared }: Visit): Promise<CookieAction> {

  const { stored } = session;
  // There is no session, or the request found it retired: it stays so.
  if (stored.kind !== 'live') return 'keep';
  const latest = await loadAgain(stored.id, shared);
  if (!latest) throw tooLate();
  session.reloaded(latest);
  // It was found by its former id, so the browser does not know the new one yet.
  return latest.forwarded ? 'set' : 'keep';

}
