import type { Awaitable } from '../../base/store.js';

/** How long such work may hold the event loop at a time, in milliseconds. */
const SLICE = 1;

/** Does something with each item: at once as much as the time allows, and the rest in steps between which other work goes on. */
export function inSlices<T>(items: Iterator<T>, act: (item: T) => void): Awaitable<void> {

  return actSlice(items, act) ? undefined : actRest(items, act);

}

/** @returns whether it came to the end */
function actSlice<T>(items: Iterator<T>, act: (item: T) => void): boolean {

  const pauseAt = performance.now() + SLICE;
  for (let next = items.next(); !next.done; next = items.next()) {
    act(next.value);
    if (performance.now() > pauseAt) return false;
  }
  return true;

}

async function actRest<T>(items: Iterator<T>, act: (item: T) => void): Promise<void> {

  do {
    await new Promise(resolve => setImmediate(resolve));
  } while (!actSlice(items, act));

}
