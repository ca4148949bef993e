import type { Awaitable, StorePing } from '../../base/store.js';

/**
 * Measures how long a server takes to answer, and how its clock differs from that of
 * this process: it is read at some moment in between, and so in the middle, give or
 * take half of that time.
 *
 * @param askTime returns the server's time, in Unix milliseconds
 */
export async function asked(askTime: () => PromiseLike<number>): Promise<{ roundTrip: number; clockDifference: number }> {

  const [here, askedAt] = [Date.now(), performance.now()];
  const there = await askTime();
  const roundTrip = (performance.now() - askedAt) / 1000;
  return { roundTrip, clockDifference: (there - here) / 1000 - roundTrip / 2 };

}

/** Says whether the trial of a store succeeds, which it makes before its first use. */
export async function selfTested(trial: () => Awaitable<void>): Promise<Pick<StorePing, 'selfTest' | 'problem'>> {

  try {
    await trial();
    return { selfTest: 'passed' };
  } catch (error) {
    return { selfTest: 'failed', problem: (error as Error).message };
  }

}
