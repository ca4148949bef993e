import type { Countdown } from '../../base/countdown.js';
import { REVOKED_FOR } from './mark-lifetimes.js';

/** Milliseconds after which an observation is worth nothing. */
const LASTS = 60_000;

/** The part by which a server's clock may be faster or slower than this process's own, while one of them is being corrected. */
const DRIFT = 0.001;

/** The largest rounding error of a server's time, in milliseconds, as it is computed there. */
const ROUNDING = 0.002;

/** How many earlier settings of a server's clock are kept apart. Each is kept for {@link REVOKED_FOR}. */
const MOST_PAST = 20;

/** The difference to this process's own clock, in milliseconds: at least `least`, and at most `most`. */
interface Offset {
  readonly least: number;
  readonly most: number;
}

/**
 * A server's clock, as far as its answers show. The server read its clock at some
 * moment between the question and the arrival of the answer, so each answer limits
 * the offset of the clock to a range. If two answers contradict each other, the
 * clock was set.
 */
export class ServerClock {

  // Relative to this process's own clock, which never goes back.
  #offset: Offset = { least: -Infinity, most: Infinity };
  #observedAt = -Infinity;
  /** Earlier offsets, each with the time at which it was found out that the clock had been set. */
  #past: Array<Offset & { readonly until: number }> = [];

  /**
   * Takes the time from an answer that has just come.
   *
   * @param serverTime Unix time in milliseconds
   * @param askedAt when the question was sent, by `performance.now()`
   * @param precision the milliseconds to which the server has cut its time
   */
  observe(serverTime: number, askedAt: number, precision = 1): void {

    const here = performance.now();
    const before = this.#offsetAt(here);
    const told = { least: serverTime - here, most: serverTime + precision - askedAt };
    const least = Math.max(before.least, told.least);
    const most = Math.min(before.most, told.most);
    if (least <= most) {
      this.#offset = { least, most };
    } else {
      this.#remember({ ...before, until: here });
      this.#offset = told;
    }
    this.#observedAt = here;

  }

  /** Whether the server has told its time lately. */
  get isKnown(): boolean {

    return performance.now() - this.#observedAt < LASTS;

  }

  /**
   * Unix time in milliseconds; only while it is known. It can be behind the
   * server's clock by the time that an answer took, and is never ahead: a deadline by
   * this time comes no later than the caller means it.
   */
  now(): number {

    return Math.floor(performance.now() + this.#offset.least);

  }

  /**
   * The time of the server's clock at which a caller gives up, in Unix milliseconds;
   * one that never comes if the caller never gives up, or the server has never told
   * its time. An old observation is enough: a command that is refused because of it
   * is tried again.
   *
   * @param left for how long the caller still waits
   */
  deadline(left: Countdown): number {

    // First the clock, then the caller: if time passes in between, the deadline is early and not late.
    const now = this.now();
    const seconds = left();
    const isNever = seconds === Infinity || this.#observedAt === -Infinity;
    return isNever ? Number.MAX_SAFE_INTEGER : now + Math.floor(seconds * 1000);

  }

  /**
   * Says whether the server's clock can have shown a time since a moment, also
   * where it was set in between. Each setting is looked at by itself: a time
   * between the two was shown by neither.
   *
   * @param time Unix time in milliseconds
   * @param moment by `performance.now()`
   */
  canHaveShown(time: number, moment: number): boolean {

    const here = performance.now();
    const settings = [{ ...this.#offsetAt(here), until: here }, ...this.#past.filter(({ until }) => until > moment)];
    return settings.some(({ least, most, until }) => time >= moment + least - ROUNDING && time <= until + most + ROUNDING);

  }

  /** The range of the offset, widened on both sides by the drift that is possible since the observation. */
  #offsetAt(here: number): Offset {

    if (this.#observedAt === -Infinity) return this.#offset;
    const drift = (here - this.#observedAt) * DRIFT;
    return { least: this.#offset.least - drift, most: this.#offset.most + drift };

  }

  #remember(past: Offset & { readonly until: number }): void {

    this.#past = [...this.#past.filter(({ until }) => past.until - until < REVOKED_FOR), past];
    if (this.#past.length <= MOST_PAST) return;
    const [first, second, ...others] = this.#past as [typeof past, typeof past];
    this.#past = [{
      until: second.until, least: Math.min(first.least, second.least), most: Math.max(first.most, second.most),
    }, ...others];

  }

}
