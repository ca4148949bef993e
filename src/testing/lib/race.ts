import type { CheckedStore } from './checked-store.js';
import { oneOf, pause, type Random } from './random.js';
import type { Scene } from './scene.js';

type Answers<Tasks extends ReadonlyArray<() => unknown>> = { -readonly [Index in keyof Tasks]: Awaited<ReturnType<Tasks[Index]>> };

/** Starts tasks at once, each after a few turns of the event loop, and waits for all. */
export async function race<const Tasks extends ReadonlyArray<() => unknown>>(
  random: Random, ...tasks: Tasks
): Promise<Answers<Tasks>> {

  const started = tasks.map(async task => {
    await pause(random);
    return task();
  });
  return await allOf(started) as Answers<Tasks>;

}

/** Returns all answers when all calls are over: one that is still under way would disturb what comes next. */
export async function allOf<T>(started: ReadonlyArray<Promise<T>>): Promise<T[]> {

  await Promise.allSettled(started);
  return Promise.all(started);

}

/** Returns the two handles, in either order. */
export function bothOf(scene: Scene, random: Random): readonly [CheckedStore, CheckedStore] {

  return oneOf([[scene.a, scene.b], [scene.b, scene.a]], random);

}
