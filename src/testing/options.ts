import { known, record, wrong } from '../base/option-checks.js';
import type { Awaitable, SessionStore } from '../base/store.js';

/** Options of `storeTests()`. */
export interface StoreTestOptions {

  /**
   * Whether the store has the methods of `AtomicSessionStore`; true by default.
   * With false, only what four methods promise is tested.
   */
  atomic?: boolean | undefined;

  /**
   * Whether the tests alone use the store that `open` opens: it has a table, a file
   * or a prefix of its own. If so, they also test `endAllSessions()`, which ends
   * every session in the store. False by default.
   */
  alone?: boolean | undefined;

  /** The number of times that each race is run, each time in another order; 20 by default. */
  trials?: number | undefined;

  /**
   * Lets this number of seconds pass, for a store whose clock can be moved on. The
   * clock must begin at the system's time. By default the tests wait for 2.2
   * seconds in all, and do not test what takes longer: how long marks are kept.
   */
  wait?: ((seconds: number) => Awaitable<void>) | undefined;

  /**
   * Opens the store on the same data, with a backend that carries out this number
   * of commands, from 0, and fails at every later one: for instance with a client
   * that counts the calls of its methods. The tests then also check that the store
   * passes such failures on. By default they do not, as for a store without a
   * backend.
   */
  failing?: ((commands: number) => Awaitable<SessionStore>) | undefined;

}

const KNOWN = ['atomic', 'alone', 'trials', 'wait', 'failing'];

/** @throws {TypeError} that names the option, its value and what is allowed */
export function checkOptions(options: StoreTestOptions): void {

  record('options', options);
  known('option', options, KNOWN);
  const { atomic, alone, trials, wait, failing } = options;
  for (const [name, value] of Object.entries({ atomic, alone })) {
    if (value !== undefined && typeof value !== 'boolean') throw wrong(name, value, 'must be true or false');
  }
  if (trials !== undefined && !(Number.isInteger(trials) && trials >= 1)) throw wrong('trials', trials, 'must be a whole number from 1');
  if (wait !== undefined && typeof wait !== 'function') throw wrong('wait', wait, 'must be a function that takes seconds');
  if (failing !== undefined && typeof failing !== 'function') {
    throw wrong('failing', failing, 'must be a function that opens the store on a backend that fails');
  }

}
