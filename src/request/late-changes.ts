import type { HttpContext, NodeResponse } from '../base/http.js';
import { warnOnce } from '../base/warnings.js';
import type { Session } from '../session/session.js';
import { textsOf } from '../session/stored-session.js';
import { difference, isEmpty } from '../values/texts-change.js';

/** Delay used where the end of the response is not reported, in milliseconds. */
const SOON = 50;

/**
 * Warns a developer of a change that a middleware further out made after the
 * session had been stored, and that is not stored. Whether there is one shows
 * when the response is over.
 */
export function watchLateChanges(session: Session, response: HttpContext['response']): void {

  const check = () => {
    if (!session.failure && isUnsaved(session)) {
      warnOnce('SESSION_CHANGED_LATE', 'ctx.session was changed after the session middleware had stored it, by an outer middleware, such as one that handles errors: the change is lost. Call ctx.saveSession() there, or put that middleware after the session middleware');
    }
  };
  const { inner } = response as { inner?: NodeResponse };
  if (typeof inner?.once === 'function' && inner.closed !== true) inner.once('close', check);
  else setTimeout(check, SOON);

}

function isUnsaved(session: Session): boolean {

  // A new id that was asked for, or a proof.
  if (session.getsNewId) return true;
  try {
    return !isEmpty(difference(textsOf(session.stored), session.wanted(undefined).texts));
  } catch {
    // The session now has a value that can't be stored.
    return true;
  }

}
