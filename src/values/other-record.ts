import { SessionValueError } from '../base/errors.js';
import type { SessionTexts } from '../base/store.js';
import { pathOf } from './value-path.js';

/**
 * The only key of a record in the store of sessions that is not a session, such as
 * one that keeps messages. No session can have this key, so its id opens no record
 * of the other kind, and an id of such a record no session.
 */
export const OTHER_RECORD = '@curveball/session record';

/** What a record has that only keeps a handle or a place for someone, and no messages. */
export const KEEPS_NOTHING: SessionTexts = new Map([[OTHER_RECORD, 'null']]);

/** The error for a session that has this key. */
export function noSession(): SessionValueError {

  return new SessionValueError(pathOf([OTHER_RECORD]), 'has a name that is reserved for records that are no sessions');

}
