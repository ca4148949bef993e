import { countdown } from '../../base/countdown.js';
import type { Awaitable, Patience } from '../../base/store.js';

/** How long a task waits for its turn in seconds, if its caller does not say. */
const PATIENCE = 3;

/** For a task that sets the database up, beside other processes that do. */
export const SETUP: Patience = { patience: 30 };

/** The longest pause between two tries, in milliseconds. */
const LONGEST_PAUSE = 20;

/** How long the tasks that waited may hold the event loop at a time, in milliseconds. */
const SLICE = 5;

/** A timer that comes later than this, in milliseconds, says that the process stood still. */
const SLACK = 10;

interface Waiting {
  /** Returns the seconds for which it still waits. */
  readonly left: () => number;
  readonly attempt: () => void;
  readonly giveUp: (error: Error) => void;
}

/**
 * Runs tasks on a SQLite database, one after the other in the order in which
 * they came. While another process has it locked, they wait for a timer and not
 * in the driver, which would hold the event loop.
 */
export class BusyQueue {

  readonly #waiting: Waiting[] = [];
  #tries = 0;
  /** The milliseconds for which the process stood still while tasks waited. */
  #lost = 0;

  /**
   * Runs a task: at once if none waits, and if the database is free.
   *
   * @param waits how long the task is tried; by default {@link PATIENCE}, without the time for which the process stood still
   * @returns what the task returns
   * @throws what the task throws, and an error if the database stays locked
   */
  run<T>(task: () => T, waits: Patience = {}): Awaitable<T> {

    if (this.#waiting.length === 0) {
      try {
        return task();
      } catch (error) {
        if (!isBusy(error)) throw error;
      }
    }
    const isLimited = waits.patience !== undefined || waits.patienceLeft;
    const left = isLimited ? countdown(waits) : this.#usual();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ left, attempt: () => resolve(task()), giveUp: reject });
      if (this.#waiting.length === 1) this.#pause();
    });

  }

  #usual(): () => number {

    const until = performance.now() + PATIENCE * 1000 - this.#lost;
    return () => (until + this.#lost - performance.now()) / 1000;

  }

  #pause(): void {

    // At random, since processes that wait for the same lock must not all come back at the same time.
    const pause = 1 + Math.random() * Math.min(2 ** this.#tries++, LONGEST_PAUSE);
    const due = performance.now() + pause;
    setTimeout(() => this.#goOn(due), pause);

  }

  #goOn(due: number): void {

    const late = performance.now() - due;
    if (late >= SLACK) this.#lost += late;
    const pauseAt = performance.now() + SLICE;
    let lock: unknown;
    while (this.#waiting.length > 0 && lock === undefined && performance.now() < pauseAt) {
      const [{ left, attempt, giveUp }] = this.#waiting as [Waiting];
      try {
        if (left() > 0) attempt();
        else giveUp(tooLong());
      } catch (error) {
        if (isBusy(error)) lock = error;
        else giveUp(error as Error);
      }
      if (lock === undefined) {
        this.#waiting.shift();
        this.#tries = 0;
      }
    }
    if (lock !== undefined) this.#dropLate(lock);
    if (this.#waiting.length > 0) this.#pause();

  }

  #dropLate(cause: unknown): void {

    const late = new Set(this.#waiting.filter(({ left }) => left() <= 0));
    if (late.size === 0) return;
    const others = this.#waiting.filter(each => !late.has(each));
    this.#waiting.splice(0, Infinity, ...others);
    for (const { giveUp } of late) giveUp(tooLong(cause));

  }

}

function tooLong(cause?: unknown): Error {

  return new Error('Another process has had the database locked for too long', { cause });

}

/** Says whether a driver's error is SQLITE_BUSY or SQLITE_LOCKED, or one of their kinds. */
export function isBusy(error: unknown): boolean {

  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  // `node:sqlite` gives the number of the result, whose lowest byte is the kind; others give its name.
  return typeof errcode === 'number' ? [5, 6].includes(errcode & 0xff) : /^SQLITE_(BUSY|LOCKED)/.test(String(code));

}
