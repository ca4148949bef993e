import type { ForwardedId } from '../info/session-details.js';
import { openedWithId, sealedForId } from './sealed-for-id.js';

/*
 * For a short time, who carries the former id of a session is led to the id that
 * it has now, if the new id came without any change of rights. The new id stands
 * in the store, but only the former one opens it.
 */

const PURPOSE = 'forward';

/** @param until Unix timestamp in seconds */
export function forwardId(formerId: string, newId: string, until: number): ForwardedId {

  return { sealed: sealedForId(formerId, PURPOSE, newId), until };

}

/**
 * The id that a session has now; null for an id that is not the one before, and
 * when the time is over.
 *
 * @param now Unix timestamp in seconds
 */
export function forwardedId(formerId: string, { sealed, until }: ForwardedId, now: number): string | null {

  return typeof until === 'number' && until > now ? openedWithId(formerId, PURPOSE, sealed) : null;

}
