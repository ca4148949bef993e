import type { SessionStore } from '../../src/index.js';
import { liveSessionsOf } from '../../src/live/live-sessions.js';
import { checkedStore } from '../../src/wrapping/checked-store.js';
import { timedStore } from '../../src/wrapping/timed-store.js';

/** How many sessions of a store are watched in this process. */
export function openSessions(store: SessionStore): number {

  const origin = checkedStore(store);
  return liveSessionsOf(timedStore(origin, 3), origin).size;

}

/** Why a signal has fired; null if it has not. */
export function endOf(signal: AbortSignal): string | null {

  return signal.aborted ? signal.reason.reason : null;

}
