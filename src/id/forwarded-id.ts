import { openedWithId, sealedForId } from './sealed-for-id.js';

/*
 * For a short time, the former id of a session leads to its current one, if no
 * rights have changed with the id. The store keeps the current id, sealed for
 * requests that still send the former one.
 */

/** The current id, which only the holder of the former id can read. */
export interface ForwardedId {
  readonly sealed: string;
  /** Unix timestamp in seconds. */
  readonly until: number;
}

const PURPOSE = 'forward';

/**
 * Seals the current id of a session for requests that still send the former one.
 *
 * @param until Unix timestamp in seconds
 */
export function forwardId(formerId: string, newId: string, until: number): ForwardedId {

  return { sealed: sealedForId(formerId, PURPOSE, newId), until };

}

/**
 * Returns the current id of a session; null if `formerId` is not the id before
 * it, or if the time is over.
 *
 * @param now Unix timestamp in seconds
 */
export function forwardedId(formerId: string, { sealed, until }: ForwardedId, now: number): string | null {

  return typeof until === 'number' && until > now ? openedWithId(formerId, PURPOSE, sealed) : null;

}
