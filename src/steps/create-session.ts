import { andThen } from '../base/awaitable.js';
import type { Awaitable, SessionTexts } from '../base/store.js';
import { derivedHandle } from '../id/session-id.js';
import type { Info } from '../info/session-details.js';
import { afterSignIn } from './after-sign-in.js';
import { abandon, createRecord } from './create-record.js';
import { requireCookie } from './new-id.js';
import { infoWithNewId } from './new-info.js';
import type { CookieAction, Save } from './save.js';

/**
 * Puts a new session into the store.
 *
 * @param change.replaced the id of the session whose place it takes, if it does
 */
export function createSession(
  { texts, replaced }: { readonly texts: SessionTexts; readonly replaced?: string }, save: Save,
): Awaitable<CookieAction> {

  requireCookie(save);
  const { session, wanted } = save;
  const { stored } = session;
  // All clicks on one sign-in have the origin in common.
  const origin = replaced ?? (stored.kind === 'retired' ? stored.id : save.formSecret?.());
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

  const { session, shared } = save;
  const { stored } = session;
  // The session that a first click of this sign-in has left is no device of the user.
  const ghost = stored.kind === 'retired' && stored.moved ? stored.id : undefined;
  try {
    await createRecord(texts, info, save);
  } catch (error) {
    abandon(session.newId, info.user, error, shared);
    session.release();
    throw error;
  }
  await afterSignIn(info, ghost, save);

}
