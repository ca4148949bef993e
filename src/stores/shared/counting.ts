import type { Awaitable, SessionCount } from '../../base/store.js';

/** The most rows of one step of a count. */
export const COUNT_STEP = 5000;

/** The rows that are looked at for an estimate. Their number is off by 1 %, in one of six cases by more. */
const ENOUGH = 20_000;

/** What a step of a count has found in the next rows, in the order of their handles. */
export interface CountStep {
  /** How many rows there were, at most {@link COUNT_STEP}. */
  readonly rows: number;
  /** The handle of the last one. */
  readonly last: string;
  readonly live: number;
  readonly ofUsers: number;
  readonly expired: number;
}

/**
 * Counts the sessions in a table, step by step along its primary key. Handles are
 * random, so the part of all possible ones that was looked at is the part of the
 * sessions that was counted.
 *
 * @param isExact whether to look at all of them, however many they are
 */
export async function counted(step: (after: string) => Awaitable<CountStep>, isExact: boolean): Promise<SessionCount> {

  let after = '';
  let rows = 0;
  const sum = { live: 0, ofUsers: 0, expired: 0 };
  for (;;) {
    const found = await step(after);
    rows += found.rows;
    sum.live += found.live;
    sum.ofUsers += found.ofUsers;
    sum.expired += found.expired;
    if (found.rows < COUNT_STEP) return { ...sum, isExact: true };
    after = found.last;
    if (!isExact && rows >= ENOUGH) return estimate(sum, placeOf(after));
    // Requests go first.
    await new Promise(resolve => setImmediate(resolve));
  }

}

/** @param part the part of the sessions that was counted, from 0 to 1 */
export function estimate({ live, ofUsers, expired }: Omit<SessionCount, 'isExact'>, part: number): SessionCount {

  const all = (count: number) => Math.round(count / part);
  return { live: all(live), ofUsers: all(ofUsers), expired: all(expired), isExact: false };

}

/** Where a handle is among all possible ones: from 0 to 1. */
function placeOf(handle: string): number {

  let place = 0;
  for (let index = handle.length; index-- > 0;) place = (place + orderOf(handle.charCodeAt(index))) / 62;
  return place;

}

/** The place of a character among digits, capital and small letters. */
function orderOf(code: number): number {

  if (code >= 97) return code - 97 + 36;
  return code >= 65 ? Math.min(code - 65, 26) + 10 : Math.max(0, Math.min(code - 48, 10));

}
