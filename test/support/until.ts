import { setTimeout } from 'node:timers/promises';
import type { Awaitable } from '../../src/base/store.js';

/** Enough for a fail-over or an election on a busy machine, in milliseconds. */
const MOST = 30_000;

/** Between two questions, in milliseconds. */
const PAUSE = 20;

/**
 * Asks until a condition holds, for what no event reports. An error means that it does not hold yet.
 *
 * @param what the condition, for the error
 * @returns how long it took, in milliseconds
 * @throws {Error} if the condition does not hold soon, or a question is not answered
 */
export async function until(what: string, isSo: () => Awaitable<boolean>): Promise<number> {

  const start = performance.now();
  const isOver = new AbortController();
  const { signal } = isOver;
  let last: unknown = 'no answer';
  const ask = async () => {
    while (!signal.aborted) {
      last = await Promise.resolve().then(isSo).catch((error: unknown) => error);
      if (last === true) return;
      await setTimeout(PAUSE);
    }
  };
  const giveUp = async () => {
    await setTimeout(MOST, undefined, { signal });
    throw new Error(`Within ${MOST / 1000} seconds, it did not come true that ${what}`, { cause: last });
  };
  try {
    await Promise.race([ask(), giveUp()]);
  } finally {
    isOver.abort();
  }
  return performance.now() - start;

}
