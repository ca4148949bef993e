import { RETIRED_FOR } from '../../base/store.js';

/** Milliseconds for which a moved or ended id is remembered. */
export const REMEMBERED = RETIRED_FOR * 1000;

/** Milliseconds for which it is remembered that a user's sessions were ended: no request is under way for longer. */
export const REVOKED_FOR = 24 * 60 * 60 * 1000;
