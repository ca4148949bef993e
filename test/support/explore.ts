import { below, randomFrom } from '../../src/testing/lib/random.js';

/** Picks one of so many ways in which a run can go on: a number below `ways`. */
export type Choose = (ways: number) => number;

/** What is explored. It must do the same again if it is given the same choices. */
export type Run = (choose: Choose) => Promise<void>;

/**
 * Runs a task in every way in which it can go, depth first, each time from the
 * start: a run is the list of its choices.
 *
 * @returns how many ways there were
 */
export function explore(run: Run): Promise<number> {

  return outOfTime(async restart => {
    const path: Array<{ way: number; ways: number }> = [];
    let runs = 0;
    for (;;) {
      restart();
      await follow(path, run);
      runs++;
      while (path.length > 0 && path[path.length - 1].way === path[path.length - 1].ways - 1) path.pop();
      if (path.length === 0) return runs;
      path[path.length - 1].way++;
    }
  });

}

/** Runs a task along a path, and adds the choices that come after its end: the first of all ways. */
async function follow(path: Array<{ way: number; ways: number }>, run: Run): Promise<void> {

  let depth = 0;
  await run(bounded(ways => {
    if (ways === 1) return 0;
    const step = path[depth] ?? { way: 0, ways };
    if (step.ways !== ways) {
      throw new Error(`A run did not repeat itself: ${ways} ways where there had been ${step.ways}`);
    }
    path[depth++] = step;
    return step.way;
  }));
  if (depth !== path.length) throw new Error('A run did not repeat itself: it ended early');

}

/** Runs a task in some of the ways in which it can go, if there are too many for all. They are the same each time. */
export function exploreSome(run: Run, runs: number): Promise<void> {

  const random = randomFrom(1);
  return outOfTime(async restart => {
    for (let count = 0; count < runs; count++) {
      restart();
      await run(bounded(ways => below(ways, random)));
    }
  });

}

/** Far more choices than any run has. */
const MOST_CHOICES = 10_000;

/** Ends a run whose requests go on for ever. */
function bounded(choose: Choose): Choose {

  let choices = 0;
  return ways => {
    if (++choices > MOST_CHOICES) throw new Error('A run does not end');
    return choose(ways);
  };

}

/** The Unix time at which each run begins, in milliseconds. */
const BEGIN = 1_800_000_000_000;

/** By how much the clock goes on each time it is read, in milliseconds. Too little for anything to become due in a run. */
const TICK = 0.001;

/**
 * Lets nothing depend on real time, since a machine under load may stand still for
 * seconds at any point of a run. No timer fires: a time limit of an hour for each
 * run's calls would otherwise keep all runs in memory. The clock does not stand
 * still, because it must show what came before what.
 *
 * @param task calls its parameter at the beginning of each run, which sets the clock back
 */
export async function outOfTime<T>(task: (restart: () => void) => Promise<T>): Promise<T> {

  const { setTimeout } = globalThis;
  const { now: elapsed } = performance;
  const { now: unixTime } = Date;
  let time = 0;
  const look = () => time += TICK;
  globalThis.setTimeout = (() => ({ ref() {}, unref() {} })) as unknown as typeof setTimeout;
  performance.now = look;
  Date.now = () => BEGIN + Math.floor(look());
  try {
    return await task(() => { time = 0; });
  } finally {
    globalThis.setTimeout = setTimeout;
    performance.now = elapsed;
    Date.now = unixTime;
  }

}

/** Returns every way to choose `size` things, each as often as wanted, in no order. */
export function selections<T>(things: readonly T[], size: number): T[][] {

  if (size === 0) return [[]];
  return things.flatMap((first, index) =>
    selections(things.slice(index), size - 1).map(rest => [first, ...rest]));

}
