import type { UpdateTerms } from '../base/store.js';
import { unixTime } from '../base/time.js';
import type { Info } from './session-details.js';

/** The options that say how long a session and its cookie live, in seconds. */
export interface LifetimeSettings {
  readonly expiry: number;
  readonly touchInterval: number;
  readonly anonymousExpiry?: number | undefined;
  readonly cookieOptions: { readonly maxAge?: number | undefined };
}

/** What decides when a live session ends. */
interface Ending {
  readonly info: Info | undefined;
  /** When it ends if it is not used, in milliseconds, as {@link Lifetimes.now} counts them. */
  readonly endsAt: number;
}

/** How long sessions live, and when they and their cookies are due to be prolonged. The parameter `now` is the time of {@link Lifetimes.now}. */
export class Lifetimes {

  readonly #settings: LifetimeSettings;

  constructor(settings: LifetimeSettings) {
    this.#settings = settings;
  }

  /** Returns the time in milliseconds, by a clock that never goes back. */
  now(): number {

    return performance.now();

  }

  /** Returns the seconds for which a session may be unused. */
  idle(info: Info | undefined): number {

    const { expiry, anonymousExpiry } = this.#settings;
    return info?.details.expiry ?? (info?.user == null ? anonymousExpiry ?? expiry : expiry);

  }

  /**
   * Returns the seconds that a session lives from now on if it is not used, which
   * never exceed its deadline (OWASP ASVS 5.0, 7.3.2).
   */
  left(info: Info | undefined, touchInterval = this.#settings.touchInterval): number {

    const idle = this.idle(info) + touchInterval;
    const deadline = info?.details.endsAt;
    return deadline === undefined ? idle : Math.max(0, Math.min(idle, deadline - unixTime()));

  }

  /** Returns when a session ends, as {@link Ending.endsAt}, that is stored now with this lifetime in seconds. */
  endAfter(lifetime: number, now: number): number {

    // One second more, so that a session that was stored a moment ago is not prolonged.
    return now + (lifetime + 1) * 1000;

  }

  /** Returns the seconds until reading the session prolongs it. */
  touchDueIn({ info, endsAt }: Ending, now: number): number {

    return (endsAt - now) / 1000 - this.idle(info);

  }

  /** Whether reading the session prolongs it now. */
  isTouchDue({ info, endsAt }: Ending, now: number): boolean {

    const left = (endsAt - now) / 1000;
    if (left > this.idle(info)) return false;
    const deadline = info?.details.endsAt;
    // Near its deadline, a session can't be prolonged by a second or more, and is left alone.
    return deadline === undefined || left + 1 < this.left(info);

  }

  /**
   * Returns the terms of a change. A change prolongs the session and its entry in an
   * index only if a read would, since the cookie and the entry are due whenever the
   * session is.
   */
  changeTerms(stored: Ending, now: number): Pick<UpdateTerms, 'lifetime' | 'user'> & { readonly lifetime: number } {

    const { info } = stored;
    return this.isTouchDue(stored, now)
      ? { lifetime: this.left(info), user: info?.user ?? undefined }
      : { lifetime: this.left(info, 0) };

  }

  /** Whether to send the cookie again, because it has an end and the session is prolonged. */
  isCookieDue(stored: Ending, now: number): boolean {

    return this.isPersistent(stored.info) && this.isTouchDue(stored, now);

  }

  /** Whether the cookie outlives the browser's session. */
  isPersistent(info: Info | undefined): boolean {

    return info?.details.persistent ?? this.#settings.cookieOptions.maxAge !== undefined;

  }

  /**
   * Returns the `Max-Age` that a session sets for its own cookie: seconds, null for
   * none, or undefined if the options decide. The cookie ends at about the same time
   * as the session (NIST SP 800-63B-4, 5.1.1), but the server does not rely on that.
   */
  cookieMaxAge(info: Info | undefined): number | null | undefined {

    if (!info) return undefined;
    const { persistent, endsAt } = info.details;
    if (persistent === undefined && endsAt === undefined) return undefined;
    if (!this.isPersistent(info)) return null;
    const left = Math.ceil(this.left(info));
    return persistent ? left : Math.min(left, this.#settings.cookieOptions.maxAge ?? left);

  }

}
