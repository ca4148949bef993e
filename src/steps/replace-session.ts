import { publishDestroyed } from '../events/session-events.js';
import type { Replacement } from '../session/named-change.js';
import { NOTHING } from '../session/stored-session.js';
import { abandon } from './create-record.js';
import { createSession } from './create-session.js';
import type { CookieAction, Save } from './save.js';

/**
 * Ends a user's session and begins another one's. The new session is stored
 * before the old one is ended; a failure in between leaves the old user signed in.
 */
export async function replaceSession({ id, texts }: Replacement, save: Save): Promise<CookieAction> {

  const { session, stored, wanted, shared } = save;
  session.nowStored(NOTHING);
  try {
    const action = await createSession({ texts, replaced: id }, { ...save, stored: NOTHING });
    // The former user's values must not be stored again.
    session.refresh(wanted.texts);
    if (await shared.store.end(id, { moved: true, reason: 'signed-out' })) publishDestroyed(id, stored.kind === 'live' ? stored.user : null, 'signed-out', shared.store);
    return action;
  } catch (error) {
    // No cookie is sent for the new session, so it will not be used.
    abandon(session.id ?? undefined, session.stored.kind === 'live' ? session.stored.user : null, error, shared);
    session.committed(stored);
    throw error;
  }

}
