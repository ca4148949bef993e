import { andThen } from '../base/awaitable.js';
import type { Awaitable, SessionTexts } from '../base/store.js';
import { derivedHandle } from '../id/session-id.js';
import type { Info } from '../info/session-details.js';
import { afterSignIn } from './after-sign-in.js';
import { abandon, createRecord } from './create-record.js';
import { requireCookie } from './new-id.js';
import { infoWithNewId } from './new-info.js';
import type { CookieAction, Save } from './save.js';
import { takePlace } from './user-place.js';

/**
 * Stores a new session.
 *
 * @param change.replaced the id of the session that the new one replaces, if any
 * @throws {SessionCookieError} if the response can't carry a cookie
 * @throws {SessionEndedError} if the user's sessions were ended in the meantime
 */
export function createSession(
  { texts, replaced }: { readonly texts: SessionTexts; readonly replaced?: string }, save: Save,
): Awaitable<CookieAction> {

  requireCookie(save);
  const { session, stored, wanted, visit } = save;
  // The origin is the same for all clicks on the button of one sign-in.
  const origin = replaced ?? (stored.kind === 'retired' ? stored.id : visit.formSecret());
  const info = infoWithNewId(undefined, save, origin && wanted.user ? derivedHandle(origin) : undefined);
  const created = () => {
    if (replaced !== undefined || wanted.user || wanted.regenerate || wanted.proved) session.leaveForms();
    return 'set' as const;
  };
  return info?.user == null
    ? andThen(createRecord(texts, info, save), created)
    : signIn(texts, info, save).then(created);

}

async function signIn(texts: SessionTexts, info: Info, save: Save): Promise<void> {

  const { session, stored, shared } = save;
  // The first click may have left a session that must not appear among the user's devices.
  const firstClickId = stored.kind === 'retired' && stored.moved ? stored.id : undefined;
  const place = shared.settings.maxUserSessions?.atLimit === 'refuse'
    ? await takePlace(info, { id: firstClickId, origin: info.details.origin }, save)
    : undefined;
  try {
    await createRecord(texts, place ? { ...info, details: { ...info.details, place: place.handle } } : info, save);
  } catch (error) {
    await place?.giveUp();
    abandon(session.newId, info.user, error, shared);
    session.release();
    throw error;
  }
  await afterSignIn(info, firstClickId, save, place);

}
