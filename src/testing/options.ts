import type { Awaitable } from '../store.js';

/** Options of `storeTests()`. */
export interface StoreTestOptions {

  /**
   * Whether the store has the methods of `AtomicSessionStore`; true by default.
   * With false, only what four methods promise is tested.
   */
  atomic?: boolean | undefined;

  /** How often each race is run, each time in another order; 20 by default. */
  trials?: number | undefined;

  /**
   * Lets so many seconds pass, for a store whose clock can be moved on. The
   * clock must begin at the system's time. By default the tests wait for 2.2
   * seconds in all, and leave out what takes longer: for how long marks stand.
   */
  wait?: ((seconds: number) => Awaitable<void>) | undefined;

}

const KNOWN = ['atomic', 'trials', 'wait'];

/** @throws {TypeError} that names the option, its value and what is allowed */
export function checkOptions(options: StoreTestOptions): void {

  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name)) throw new TypeError(`option ${name} is unknown: it must be one of ${KNOWN.join(', ')}`);
  }
  const { atomic, trials, wait } = options;
  if (atomic !== undefined && typeof atomic !== 'boolean') {
    throw new TypeError(`atomic is ${String(atomic)}: it must be true or false`);
  }
  if (trials !== undefined && !(Number.isInteger(trials) && trials >= 1)) {
    throw new TypeError(`trials is ${String(trials)}: it must be a whole number from 1`);
  }
  if (wait !== undefined && typeof wait !== 'function') {
    throw new TypeError(`wait is ${String(wait)}: it must be a function that takes seconds`);
  }

}
