import type { HttpContext, NodeResponse } from '../base/http.js';
import { warnOnce } from '../base/warnings.js';
import type { Session } from '../session/session.js';
import { textsOf } from '../session/stored-session.js';
import { difference, isEmpty } from '../values/texts-change.js';

/** Milliseconds to wait if the response does not report its end. */
const SOON = 50;

/**
 * Warns developers of a change that was made after the session had been stored, by
 * an outer middleware or a streamed body, and that is lost. Looks for it when the response is over.
 */
export function watchLateChanges(session: Session, response: HttpContext['response']): void {

  const check = () => {
    if (!session.failure && isUnsaved(session)) {
      warnOnce('SESSION_CHANGED_LATE', 'ctx.session was changed after the session middleware had stored it, by an outer middleware, such as one that handles errors, or while the body was streamed. The change is lost, since ctx.saveSession() was not called after it, or failed. Call it there, or put that middleware after the session middleware');
    }
  };
  const { inner } = response as { inner?: NodeResponse };
  if (typeof inner?.once === 'function' && inner.closed !== true) inner.once('close', check);
  else setTimeout(check, SOON);

}

function isUnsaved(session: Session): boolean {

  // The handler asked for a new id, or said that the user has proved who they are.
  if (session.getsNewId) return true;
  try {
    return !isEmpty(difference(textsOf(session.stored), session.wanted(undefined).texts));
  } catch {
    // The session now has a value that can't be stored.
    return true;
  }

}
