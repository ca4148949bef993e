import { RETIRED_FOR } from '../base/store.js';

/*
 * Decides which sessions of a user must end when one more has begun. Pure.
 *
 * Sign-ins at the same moment each look at the list of sessions, after entering
 * their own. All processes agree on the order in which the sessions began, which
 * never changes. So none of them ends the session that began last, and the last one
 * to look leaves no more sessions than the limit (docs/decisions/032).
 */

/** One session of the user, with when it began. */
export interface ListedSession {
  readonly handle: string;
  /** Seconds since it was last used. */
  readonly idle: number;
  /** When it began, or its user signed in, as a Unix timestamp in seconds. */
  readonly created: number;
  /** Replaces `created` in the order of sessions, if the session was given a later place. */
  readonly turn?: number | undefined;
  /** A name of the form or session that its user signed in from: the same for all clicks of one sign-in. */
  readonly origin?: string | undefined;
  /** The handle of the placeholder that its sign-in had before; its own if it is one. */
  readonly place?: string | undefined;
}

/** What a sign-in has to do. */
export interface LimitVerdict {
  /** The handles of the sessions to end, never that of the sign-in itself. */
  readonly surplus: readonly string[];
  /**
   * Whether its own session is beyond the limit, because others that began later
   * are in the list already. Then it has to end, too, or to begin again.
   */
  readonly isTooMany: boolean;
  /**
   * Whether a later click of the same sign-in is in the list. The browser waits for
   * the answer to that click, and would lose its session if this sign-in went on.
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
  // Of the earlier sessions, the one that was not used for longest ends first.
  const earlier = inOrder.slice(0, at).sort((a, b) => b.idle - a.idle || byBeginning(a, b));
  const later = inOrder.slice(at + 1);
  const tooMany = Math.max(0, sessions.length - limit);
  const isClick = (session: ListedSession) => isSameSignIn(session, inOrder[at] as ListedSession);

  const surplus = [...earlier.slice(0, tooMany), ...later.slice(0, Math.max(0, tooMany - earlier.length - 1))];
  const clicks = earlier.slice(tooMany).filter(isClick);
  return {
    surplus: [...surplus, ...clicks].map(({ handle }) => handle),
    isTooMany: tooMany > earlier.length,
    isEarlierClick: later.some(isClick),
  };

}

/** Whether a session only keeps a place for a sign-in. */
export function isPlaceholder({ handle, place }: Pick<ListedSession, 'handle' | 'place'>): boolean {

  return place === handle;

}

/**
 * Decides whether a sign-in that is to be refused at the limit has a place: `free`,
 * `taken`, or `open` while only sign-ins that came later are in its way. Each of
 * these has found room before this one was in the list, or will give up.
 *
 * A session and its placeholder count as one, and clicks of the same sign-in as none.
 *
 * @param own the handle of its placeholder or session, which is in the list
 */
export function placeVerdict(sessions: readonly ListedSession[], own: string, limit: number): 'free' | 'taken' | 'open' {

  const ours = sessions.find(({ handle }) => handle === own) as ListedSession;
  const filled = new Set(sessions.filter(session => !isPlaceholder(session)).map(({ place }) => place));
  const others = sessions.filter(session => (
    session.handle !== own && session.handle !== ours.place && !isSameSignIn(session, ours) && !(isPlaceholder(session) && filled.has(session.place))
  ));
  if (others.length < limit) return 'free';
  const certain = others.filter(session => !isPlaceholder(session) || byBeginning(session, ours) < 0);
  return certain.length >= limit ? 'taken' : 'open';

}

/** Whether two sessions come from two clicks of one sign-in. */
function isSameSignIn(a: ListedSession, b: ListedSession): boolean {

  // An attacker may plant one form's cookie in two devices. One sign-in must not end the other then.
  return b.origin !== undefined && a.origin === b.origin && Math.abs(beginning(a) - beginning(b)) <= RETIRED_FOR;

}

/** Returns a `turn` after that of all sessions in the list. */
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
