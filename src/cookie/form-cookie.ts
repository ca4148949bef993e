import { stringifySetCookie } from 'cookie';
import type { ResponseHeaders } from '../base/http.js';
import type { CookieSettings } from './cookie-options.js';
import { isInMemory } from './session-cookie.js';

/** A form's cookie, as a request brings it. */
export interface CarriedForm {
  readonly name: string;
  readonly secret: string;
}

/** What a response does with the cookies of forms. */
export interface FormCookieChange {
  /** A cookie that the browser gets. */
  readonly set: CarriedForm | undefined;
  /** Names of cookies that the browser is told to forget. */
  readonly clear: readonly string[];
}

/** The most cookies of forms that are read: no browser gets that many from us. */
const MOST_CARRIED = 100;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

let turn = Math.floor(Math.random() * LETTERS.length);

/**
 * The cookies of a visitor's forms. None of them is the session's cookie, so a
 * page with a form takes no session away, whichever response comes last.
 *
 * A visitor usually has one. A browser that requests several first pages at once
 * gets one with each, under a name of its own: under one name, it would keep the
 * secret of the last page alone, and the forms of the others would be worthless.
 * The number of names is limited, so that another site can't fill the browser's
 * cookie jar by making it send requests again and again.
 */
export class FormCookie {

  readonly #base: string;
  readonly #options: CookieSettings['cookieOptions'];
  readonly #isForHost: boolean;

  constructor({ cookieName, cookieOptions }: CookieSettings) {

    const { maxAge, encode, ...attributes } = cookieOptions;
    this.#options = { ...attributes, httpOnly: true };
    this.#base = `${cookieName.replace(/^__(?:host-http|host|secure|http)-/i, '')}-form`;
    this.#isForHost = cookieOptions.path === '/' && cookieOptions.domain === undefined;

  }

  /** Finds the cookies of forms in a `Cookie` header, first to last. */
  read(header: string | null, isHttps: boolean): CarriedForm[] {

    const base = this.#nameOn(isHttps);
    if (header === null || !header.includes(base)) return [];
    const found: CarriedForm[] = [];
    for (const pair of header.split(';')) {
      const [, name, secret] = /^[ \t]*([^ \t=]+)[ \t]*=[ \t]*([\w-]{43})[ \t]*$/.exec(pair) ?? [];
      if (name === undefined || secret === undefined || !this.#isName(name, base)) continue;
      if (!found.some(form => form.secret === secret)) found.push({ name, secret });
      if (found.length === MOST_CARRIED) break;
    }
    return found;

  }

  /**
   * Returns a name for the cookie that a response gives to a browser without one.
   *
   * @param isWithheld whether the browser has withheld its cookies: the cookies
   *   that responses to such requests set replace one another
   */
  newName(isWithheld: boolean, isHttps: boolean): string {

    const base = this.#nameOn(isHttps);
    if (isWithheld) return base;
    turn = (turn + 1) % LETTERS.length;
    return `${base}-${LETTERS[turn]}`;

  }

  /**
   * Writes the cookies of forms, beside all others; writes them again if the
   * handler has replaced the headers since.
   *
   * @param isBesideSession whether the response sets the session's cookie
   */
  write(headers: ResponseHeaders, { set, clear }: FormCookieChange, isHttps: boolean, isBesideSession: boolean): void {

    const secure = this.#isSecure(isHttps);
    // If all cookies become one header, the browser takes an expiry in it for the session's: so the form's cookie is only emptied.
    const end = isBesideSession && isInMemory(headers) ? {} : { maxAge: 0, expires: new Date(0) };
    const lines = clear.map(name => stringifySetCookie(name, '', { ...this.#options, secure, ...end }));
    if (set) lines.push(stringifySetCookie(set.name, set.secret, { ...this.#options, secure }));
    const base = this.#nameOn(isHttps);
    const before = headers.has('set-cookie') ? headers.getMany('set-cookie') : [];
    const others = before.filter(line => !this.#isName(line.slice(0, line.indexOf('=')), base));
    if (lines.length > 0 || others.length < before.length) headers.set('Set-Cookie', [...others, ...lines]);

  }

  #isName(name: string, base: string): boolean {

    // Only our own names: the response that clears a cookie repeats the name from the request.
    return name === base || (name.startsWith(base) && /^-[A-Za-z0-9]$/.test(name.slice(base.length)));

  }

  // Only the host itself can set a cookie with the prefix (RFC 6265bis section 4.1.3.2): no sibling can plant one.
  #nameOn(isHttps: boolean): string {

    return this.#isForHost && this.#isSecure(isHttps) ? `__Host-${this.#base}` : this.#base;

  }

  #isSecure(isHttps: boolean): boolean {

    return this.#options.secure ?? isHttps;

  }

}
