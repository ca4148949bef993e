import { stringifySetCookie } from 'cookie';
import type { Context } from '@curveball/kernel';
import type { Settings } from '../options.js';
import { isInMemory } from './session-cookie.js';

type ResponseHeaders = Context['response']['headers'];

/** A form's cookie, as a request brings it. */
export interface CarriedForm {
  readonly name: string;
  readonly secret: string;
}

/** What a response does with the cookies of forms. */
export interface FormCookieChange {
  /** A secret that the browser is to have from now on. */
  readonly set: CarriedForm | undefined;
  /** Names of cookies that it is to forget. */
  readonly clear: readonly string[];
}

/** More cookies of forms than one browser gets from us are somebody else's. */
const MOST_CARRIED = 100;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

let turn = Math.floor(Math.random() * LETTERS.length);

/**
 * The cookies of a visitor's forms. None of them is the session's, so a page
 * with a form takes no session away, whichever answer comes last.
 *
 * A visitor has one of them, and more only where several first pages were asked
 * for at once: each has a name of its own, since the browser would otherwise
 * keep the secret of the last, and the forms of the others would be worthless.
 * There are only so many names: another site that makes the browser ask again
 * and again must not fill its jar.
 */
export class FormCookie {

  readonly #base: string;
  readonly #options: Settings['cookieOptions'];
  readonly #isForHost: boolean;

  constructor({ cookieName, cookieOptions }: Pick<Settings, 'cookieName' | 'cookieOptions'>) {

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
   * A name for the cookie of a request that brings none.
   *
   * @param isWithheld whether the browser has kept its cookies back: what such
   *   requests get replaces one another
   */
  newName(isWithheld: boolean, isHttps: boolean): string {

    const base = this.#nameOn(isHttps);
    if (isWithheld) return base;
    turn = (turn + 1) % LETTERS.length;
    return `${base}-${LETTERS[turn]}`;

  }

  /**
   * Writes them, beside all other cookies; again where the handler has replaced
   * the headers since.
   *
   * @param isBesideSession whether the response sets the session's cookie
   */
  write(headers: ResponseHeaders, { set, clear }: FormCookieChange, isHttps: boolean, isBesideSession: boolean): void {

    const secure = this.#isSecure(isHttps);
    // Where all cookies may become one header, an end would be read as the session's: it is emptied only.
    const end = isBesideSession && isInMemory(headers) ? {} : { maxAge: 0, expires: new Date(0) };
    const lines = clear.map(name => stringifySetCookie(name, '', { ...this.#options, secure, ...end }));
    if (set) lines.push(stringifySetCookie(set.name, set.secret, { ...this.#options, secure }));
    const base = this.#nameOn(isHttps);
    const before = headers.has('set-cookie') ? headers.getMany('set-cookie') : [];
    const others = before.filter(line => !this.#isName(line.slice(0, line.indexOf('=')), base));
    if (lines.length > 0 || others.length < before.length) headers.set('Set-Cookie', [...others, ...lines]);

  }

  #isName(name: string, base: string): boolean {

    // No other names: what comes from the request is written into the response where the cookie is cleared.
    return name === base || (name.startsWith(base) && /^-[A-Za-z0-9]$/.test(name.slice(base.length)));

  }

  // Only the host itself can set a cookie with the prefix (RFC 6265bis section 4.1.3.2): no sibling plants one.
  #nameOn(isHttps: boolean): string {

    return this.#isForHost && this.#isSecure(isHttps) ? `__Host-${this.#base}` : this.#base;

  }

  #isSecure(isHttps: boolean): boolean {

    return this.#options.secure ?? isHttps;

  }

}
