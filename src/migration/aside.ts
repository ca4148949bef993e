import type { SessionChange } from '../base/store.js';
import { sha256 } from '../id/stored-id.js';

/**
 * A key of a session that has left its store, and may not have reached the other: the
 * hash of the id under which it goes there. Whoever transfers records without knowing
 * ids, as the command that copies them, can finish the move if the process has died.
 */
export const ASIDE = '@curveball/session aside';

/** @param id the session's id in the store to which it goes */
export function asideFor(id: string): SessionChange {

  return { set: new Map([[ASIDE, JSON.stringify(sha256(id))]]), unset: [] };

}
