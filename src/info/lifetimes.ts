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

/** What is known of when a live session ends. */
interface Ending {
  readonly info: Info | undefined;
  /** When it ends if it is not used, in milliseconds, as {@link Lifetimes.now} counts them. */
  readonly endsAt: number;
}

/** How long sessions live, and when they and their cookies are due to be prolonged. */
export class Lifetimes {

  readonly #settings: LifetimeSettings;

  constructor(settings: LifetimeSettings) {
    this.#settings = settings;
  }

  /** Milliseconds, of a clock that never goes back. */
  now(): number {

    return performance.now();

  }

  /** Seconds for which a session may be left alone. */
  idle(info: Info | undefined): number {

    const { expiry, anonymousExpiry } = this.#settings;
    return info?.details.expiry ?? (info?.user == null ? anonymousExpiry ?? expiry : expiry);

  }

  /**
   * Seconds that a session lives from now on if it is not used: never beyond its
   * deadline (OWASP ASVS 5.0, 7.3.2).
   */
  left(info: Info | undefined, touchInterval = this.#settings.touchInterval): number {

    const idle = this.idle(info) + touchInterval;
    const deadline = info?.details.endsAt;
    return deadline === undefined ? idle : Math.max(0, Math.min(idle, deadline - unixTime()));

  }

  /** When a session ends that has just been stored with this lifetime, as {@link Ending.endsAt}. */
  endAfter(lifetime: number): number {

    // What was stored in this second needs no refresh.
    return performance.now() + (lifetime + 1) * 1000;

  }

  /** Seconds until a session that is only read would be prolonged. */
  touchDueIn({ info, endsAt }: Ending): number {

    return (endsAt - performance.now()) / 1000 - this.idle(info);

  }

  isTouchDue({ info, endsAt }: Ending): boolean {

    const left = (endsAt - performance.now()) / 1000;
    if (left > this.idle(info)) return false;
    const deadline = info?.details.endsAt;
    // Near its deadline a session can't be prolonged by much: then it is left alone.
    return deadline === undefined || left + 1 < this.left(info);

  }

  /**
   * The terms of a change. It prolongs the session, together with its entry in an
   * index, only as often as a read would: when the session was last prolonged is
   * what tells when its cookie and its entry are due.
   */
  changeTerms(stored: Ending): Pick<UpdateTerms, 'lifetime' | 'user'> & { readonly lifetime: number } {

    const { info } = stored;
    return this.isTouchDue(stored)
      ? { lifetime: this.left(info), user: info?.user ?? undefined }
      : { lifetime: this.left(info, 0) };

  }

  /** Whether the cookie is due to be sent again, since it ends by itself: as often as the session is prolonged. */
  isCookieDue(stored: Ending): boolean {

    return this.isPersistent(stored.info) && this.isTouchDue(stored);

  }

  /** Whether the cookie of a session outlives the browser's own session. */
  isPersistent(info: Info | undefined): boolean {

    return info?.details.persistent ?? this.#settings.cookieOptions.maxAge !== undefined;

  }

  /**
   * What a session itself says of its cookie's life: a `Max-Age` in seconds, null
   * for none, or undefined for what the options say. The cookie ends about when
   * the session does (NIST SP 800-63B-4, 5.1.1), and the server does not rely on it.
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
