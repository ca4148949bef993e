/** A generator of numbers from 0 to 1 that gives the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {

  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

}

/** Makes pauses of a few turns of the event loop or of the microtask queue. */
export function pausesFrom(seed: number): () => Promise<void> {

  const random = randomFrom(seed);
  return async () => {
    for (let turns = Math.floor(random() * 3); turns > 0; turns--) {
      await new Promise<void>(resolve => {
        if (random() < 0.5) setImmediate(resolve);
        else queueMicrotask(resolve);
      });
    }
  };

}
