import { RETIRED_FOR } from '../base/store.js';

/**
 * Which sessions of a user must go when one more has begun. Pure: it sees a list
 * of sessions, and touches nothing.
 *
 * All processes agree on the order in which the user's sessions began, and it
 * never changes: so sign-ins at the same moment, each of which looks at the list
 * after it has entered itself there, never end the session that began last, and
 * the last of them to look leaves no more than the limit (docs/decisions/032).
 */

/** One session of the user, with what its details say of its beginning. */
export interface ListedSession {
  readonly handle: string;
  /** Seconds since it was last used, as far as the store knows. */
  readonly idle: number;
  readonly created: number;
  readonly turn?: number | undefined;
  readonly origin?: string | undefined;
}

/** What a sign-in has to do. */
export interface LimitVerdict {
  /** The handles of the sessions to end, never its own. */
  readonly surplus: readonly string[];
  /**
   * Whether its own session is one too many: a session that began later is in the
   * list already. Then it has to go, too, or to begin once more.
   */
  readonly isTooMany: boolean;
  /**
   * Whether a later click of the same sign-in is in the list: the browser waits
   * for that one's answer, and would lose the session that belongs to it if this
   * one went on.
   */
  readonly isEarlierClick: boolean;
}

/**
 * Decides what a sign-in has to end.
 *
 * @param own the handle of its session, which is in the list
 * @param limit how many sessions the user may have
 */
export function overLimit(sessions: readonly ListedSession[], own: string, limit: number): LimitVerdict {

  const inOrder = [...sessions].sort(byBeginning);
  const at = inOrder.findIndex(({ handle }) => handle === own);
  // Of those that were there before, the one that was not used for longest goes first.
  const earlier = inOrder.slice(0, at).sort((a, b) => b.idle - a.idle || byBeginning(a, b));
  const later = inOrder.slice(at + 1);
  const tooMany = Math.max(0, sessions.length - limit);
  const { origin } = inOrder[at] as ListedSession;
  // Whoever plants the cookie of a form in two devices must not make one sign-in end the other.
  const isClick = (session: ListedSession) => origin !== undefined && session.origin === origin
    && Math.abs(beginning(session) - beginning(inOrder[at] as ListedSession)) <= RETIRED_FOR;

  const surplus = [...earlier.slice(0, tooMany), ...later.slice(0, Math.max(0, tooMany - earlier.length - 1))];
  const clicks = earlier.slice(tooMany).filter(isClick);
  return {
    surplus: [...surplus, ...clicks].map(({ handle }) => handle),
    isTooMany: tooMany > earlier.length,
    isEarlierClick: later.some(isClick),
  };

}

/** A place behind all others, in the order in which sessions began. */
export function nextTurn(sessions: readonly ListedSession[]): number {

  // Timestamps in seconds have room for microseconds.
  return sessions.reduce((latest, session) => Math.max(latest, beginning(session)), 0) + 1e-6;

}

function byBeginning(a: ListedSession, b: ListedSession): number {

  return beginning(a) - beginning(b) || (a.handle < b.handle ? -1 : 1);

}

function beginning({ turn, created }: ListedSession): number {

  return turn ?? created;

}
