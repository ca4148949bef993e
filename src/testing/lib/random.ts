/** Returns numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export type Random = () => number;

export function randomFrom(seed: number): Random {

  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

}

/** Returns a whole number from 0, below `limit`. */
export function below(limit: number, random: Random): number {

  return Math.floor(random() * limit);

}

export function oneOf<T>(things: readonly T[], random: Random): T {

  return things[below(things.length, random)] as T;

}

/** Waits for a few turns of the event loop, or of the microtask queue, or not at all. */
export async function pause(random: Random): Promise<void> {

  for (let turns = below(4, random); turns > 0; turns--) {
    await new Promise<void>(resolve => {
      if (random() < 0.7) setImmediate(resolve);
      else queueMicrotask(resolve);
    });
  }

}
