import { setTimeout as wait } from 'node:timers/promises';
import type { Awaitable } from '../../base/store.js';
import { GcTimer } from './gc-timer.js';

/** How many rows a clean-up looks at in one step. */
const PAGE = 250;

/** A clean-up rests this many times as long as its last step took: requests get most of the time, and more of it while the database is busy. */
const REST = 3;

/** The longest rest, in milliseconds. */
const LONGEST_REST = 1000;

/** The row of the process that cleans up: `ends_at` is the end of its lease, `version` the time of the last clean-up. */
export const SWEEPER = 'sweeper';

/** Milliseconds for which a process that cleans up is believed to be alive. */
export const LEASE = 60_000;

/** A row of a table, in a clean-up. */
export interface SweptRow {
  readonly handle: string;
  /** Whether its time is over. */
  readonly dead: boolean;
}

/** What a clean-up needs of its table. */
export interface SweptTable {

  /** The most rows that are removed in one step. */
  readonly batch: number;

  /**
   * Takes the {@link SWEEPER} row for {@link LEASE} more milliseconds.
   *
   * @param pause the milliseconds that must have passed since the last clean-up
   * @returns false if another process has it, or that pause is not over
   */
  begin(pause: number): Awaitable<boolean>;

  /** The next rows after a handle, in the order of handles, without the {@link SWEEPER} row. */
  page(after: string, limit: number): Awaitable<readonly SweptRow[]>;

  /** Removes those of at most {@link batch} rows whose time is over: some may have been touched since. */
  remove(handles: readonly string[]): Awaitable<void>;

  /** Gives the {@link SWEEPER} row back, with the time. */
  done(): Awaitable<void>;

}

/**
 * Removes expired rows from a table: page by page along its primary key, so that
 * no request waits for it, and touches need no index on the expiry.
 */
export class Sweeper {

  readonly #table: SweptTable;
  readonly #timer: GcTimer;
  #interval = 0;
  #running: Promise<void> | undefined;
  #stop = new AbortController();

  constructor(table: SweptTable) {

    this.#table = table;
    // Of the processes that share a table, one cleans up in each interval.
    this.#timer = new GcTimer(() => this.#gc(this.#interval * 900).catch(() => {}));

  }

  /** Cleans up now, unless another process does. */
  gc(): Promise<void> {

    return this.#gc(0);

  }

  /** @throws {TypeError} if the interval is not a number of seconds above 0 */
  schedule(interval: number): void {

    this.#timer.schedule(interval);
    this.#interval = interval;

  }

  /** Ends the timer, and a clean-up after the step that is under way: most of its time is rest. */
  close(): void {

    this.#timer.cancel();
    this.#stop.abort();
    this.#stop = new AbortController();

  }

  #gc(pause: number): Promise<void> {

    this.#running ??= this.#sweep(pause, this.#stop.signal).finally(() => {
      this.#running = undefined;
    });
    return this.#running;

  }

  async #sweep(pause: number, stop: AbortSignal): Promise<void> {

    const table = this.#table;
    if (!await table.begin(pause)) return;
    let rows: readonly SweptRow[];
    let after = '';
    do {
      rows = await thenRest(() => table.page(after, PAGE), stop);
      const dead = rows.filter(row => row.dead).map(({ handle }) => handle);
      for (let start = 0; start < dead.length; start += table.batch) {
        if (stop.aborted) return;
        await thenRest(() => table.remove(dead.slice(start, start + table.batch)), stop);
      }
      if (stop.aborted) return;
      after = rows.at(-1)?.handle ?? after;
    } while (rows.length === PAGE);
    await table.done();

  }

}

async function thenRest<T>(step: () => Awaitable<T>, stop: AbortSignal): Promise<T> {

  const start = performance.now();
  const answer = await step();
  // It fails only if it is stopped.
  await wait(Math.min((performance.now() - start) * REST, LONGEST_REST), undefined, { signal: stop }).catch(() => {});
  return answer;

}
