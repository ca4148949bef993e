import type { Awaitable, SessionCount } from '../../base/store.js';

/** The most rows of one step of a count. */
export const COUNT_STEP = 500;

/** The characters of handles, in the order in which tables sort them. */
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

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
 * Counts the sessions in a table, step by step along its primary key.
 *
 * Handles are random. So an estimate looks at a step of those that begin with each
 * letter, and takes the others with that letter to be like them. It looks everywhere,
 * since a copy that is under way has emptied the store as far as it has come.
 *
 * @param isExact whether to look at all rows, however many they are
 */
export async function counted(step: (after: string) => Awaitable<CountStep>, isExact: boolean): Promise<SessionCount> {

  const sum = { live: 0, ofUsers: 0, expired: 0 };
  let isEstimate = false;
  let after = '';
  for (;;) {
    const found = await step(after);
    const isLast = found.rows < COUNT_STEP;
    const [begin, end] = [placeOf(after), isLast ? 1 : placeOf(found.last)];
    const next = nextLetter(after);
    const endOfLetter = next === null ? 1 : placeOf(next);
    const isWhole = isExact || end >= endOfLetter;
    const times = isWhole ? 1 : (endOfLetter - begin) / (end - begin);
    sum.live += found.live * times;
    sum.ofUsers += found.ofUsers * times;
    sum.expired += found.expired * times;
    isEstimate ||= !isWhole;
    if (isLast || (!isWhole && next === null)) return { ...rounded(sum), isExact: !isEstimate };
    after = isWhole ? found.last : next as string;
    // Requests go first.
    await new Promise(resolve => setImmediate(resolve));
  }

}

/** @param part the part of the sessions that was counted, from 0 to 1 */
export function estimate({ live, ofUsers, expired }: Omit<SessionCount, 'isExact'>, part: number): SessionCount {

  return { ...rounded({ live: live / part, ofUsers: ofUsers / part, expired: expired / part }), isExact: false };

}

function rounded({ live, ofUsers, expired }: Omit<SessionCount, 'isExact'>): Omit<SessionCount, 'isExact'> {

  return { live: Math.round(live), ofUsers: Math.round(ofUsers), expired: Math.round(expired) };

}

/** The letter after the one that a handle begins with; null if that is the last. */
function nextLetter(handle: string): string | null {

  return LETTERS[letterAt(handle, 0) + 1] ?? null;

}

/** Where a handle, or its beginning, is among all possible ones: from 0 to 1. */
function placeOf(handle: string): number {

  let place = 0;
  for (let index = handle.length; index-- > 0;) place = (place + letterAt(handle, index)) / LETTERS.length;
  return place;

}

/** The place of a character among the letters. Another program's handle can have others. */
function letterAt(handle: string, index: number): number {

  return Math.max(0, LETTERS.indexOf(handle.charAt(index)));

}
