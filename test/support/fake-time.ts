import { mock } from 'node:test';
import { settled } from './events.js';

/** Stops the timers and the clock that time-outs read. */
export function fakeTime() {

  let time = 0;
  mock.timers.enable({ apis: ['setTimeout'] });
  const clock = mock.method(performance, 'now', () => time);
  return {
    advance(milliseconds: number) {
      time += milliseconds;
      mock.timers.tick(milliseconds);
    },
    /** Moves the clock alone, as if the process stood still and no timer could fire. */
    hold(milliseconds: number) {
      time += milliseconds;
    },
    restore() {
      mock.timers.reset();
      clock.mock.restore();
    },
  };

}

/** How far time moves at once, in milliseconds: by the default of `storeTimeout`. */
const STEP = 3000;

/** How often it does, at most: a task that takes a day waits for something else than time. */
const MOST_STEPS = 86_400_000 / STEP;

/**
 * Runs a test in memory without waiting for time-outs: time stands still while
 * anything else can happen, and moves on when only timers are left. Middlewares
 * that a test uses are made within it, since they keep their timers.
 */
export async function inFakeTime<T>(task: () => Promise<T>): Promise<T> {

  const time = fakeTime();
  let isOver = false;
  const result = task().finally(() => { isOver = true; });
  try {
    for (let steps = 0; steps <= MOST_STEPS; steps++) {
      for (let turn = 0; turn < 3; turn++) await settled();
      if (isOver) return await result;
      time.advance(STEP);
    }
    throw new Error('The task does not end, however much time passes');
  } finally {
    time.restore();
  }

}
