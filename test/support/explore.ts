/** Picks one of so many ways in which a run can go on: a number below `ways`. */
export type Choose = (ways: number) => number;

/**
 * Runs a task in every way in which it can go, depth first, each time from the
 * start: a run is the list of its choices.
 *
 * @param run must do the same again if it is given the same choices
 * @returns how many ways there were
 */
export function explore(run: (choose: Choose) => Promise<void>): Promise<number> {

  return withoutTimers(() => exploreAll(run));

}

async function exploreAll(run: (choose: Choose) => Promise<void>): Promise<number> {

  const path: Array<{ way: number; ways: number }> = [];
  let runs = 0;

  for (;;) {
    let depth = 0;
    await run(ways => {
      if (ways === 1) return 0;
      const step = path[depth] ?? { way: 0, ways };
      if (step.ways !== ways) {
        throw new Error(`A run did not repeat itself: ${ways} ways where there had been ${step.ways}`);
      }
      path[depth++] = step;
      return step.way;
    });
    if (depth !== path.length) throw new Error('A run did not repeat itself: it ended early');
    runs++;
    while (path.length > 0 && path[path.length - 1].way === path[path.length - 1].ways - 1) path.pop();
    if (path.length === 0) return runs;
    path[path.length - 1].way++;
  }

}

/**
 * Lets nothing happen by the clock. A time limit of an hour for each run's
 * calls would otherwise keep all runs in memory.
 */
export async function withoutTimers<T>(run: () => Promise<T>): Promise<T> {

  const { setTimeout } = globalThis;
  globalThis.setTimeout = (() => ({ ref() {}, unref() {} })) as unknown as typeof setTimeout;
  try {
    return await run();
  } finally {
    globalThis.setTimeout = setTimeout;
  }

}

/** Returns every way to choose `size` things, each as often as wanted, in no order. */
export function selections<T>(things: readonly T[], size: number): T[][] {

  if (size === 0) return [[]];
  return things.flatMap((first, index) =>
    selections(things.slice(index), size - 1).map(rest => [first, ...rest]));

}
