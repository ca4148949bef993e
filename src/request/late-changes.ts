import type { Context } from '@curveball/kernel';
import { textsOf } from '../steps/load-session.js';
import type { Session } from '../session/session.js';
import { difference, isEmpty } from '../session/session-change.js';
import { warnOnce } from '../base/warnings.js';

/** Delay used where the end of the response is not reported, in milliseconds. */
const SOON = 50;

interface NodeResponse {
  readonly inner?: { readonly closed?: boolean; once?(event: 'close', listener: () => void): unknown };
}

/**
 * Warns a developer of a change that a middleware further out made after the
 * session had been stored, and that is not stored. Whether there is one shows
 * when the response is over.
 */
export function watchLateChanges(session: Session, response: Context['response']): void {

  const check = () => {
    if (!session.failure && isUnsaved(session)) {
      warnOnce('SESSION_CHANGED_LATE', 'ctx.session was changed after the session middleware had stored it, by a middleware further out, such as one that handles errors: the change is lost. Call ctx.saveSession() there, or put that middleware after the session middleware');
    }
  };
  const { inner } = response as NodeResponse;
  if (typeof inner?.once === 'function' && inner.closed !== true) inner.once('close', check);
  else setTimeout(check, SOON);

}

function isUnsaved(session: Session): boolean {

  // A new id that was asked for, or a proof.
  if (session.regenerate || session.authentication) return true;
  try {
    return !isEmpty(difference(textsOf(session.stored), session.wanted(undefined).texts));
  } catch {
    // The session now has a value that can't be stored.
    return true;
  }

}
