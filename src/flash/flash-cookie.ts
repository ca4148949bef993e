import { stringifySetCookie } from 'cookie';
import type { ResponseHeaders } from '../base/http.js';
import type { CookieSettings } from '../cookie/cookie-options.js';
import { isInMemory } from '../cookie/session-cookie.js';
import { randomLetters } from '../id/session-id.js';

/** A cookie that leads to messages. */
export interface NamedId {
  readonly name: string;
  readonly id: string;
}

/** What a response does with the cookies of messages. */
export interface FlashCookieChange {
  /** A cookie that the browser gets. */
  readonly set: NamedId | undefined;
  /** Names of cookies that the browser is told to forget. */
  readonly clear: readonly string[];
}

/** Seconds for which messages wait for a page. */
export const LIFETIME = 300;

/** The most cookies that a browser is left with, and that one page looks at. */
export const MOST_KEPT = 8;

/** The most that are read: browsers have more only while responses overlap. */
const MOST_READ = 2 * MOST_KEPT;

const SUFFIX_LENGTH = 8;

/**
 * The cookies that lead to messages. Each request that leaves some gives its
 * messages a cookie with a name of its own. So no response overwrites a cookie of
 * another, and one that clears a cookie takes away no newer one.
 */
export class FlashCookie {

  readonly #options: CookieSettings['cookieOptions'];
  readonly #isForHost: boolean;
  readonly #prefix: string;
  readonly #base: string;

  constructor({ cookieName, cookieOptions }: CookieSettings) {

    const { maxAge, encode, ...attributes } = cookieOptions;
    const [, prefix = '', plain = cookieName] = /^(__(?:host-http|host|secure|http)-)(.*)$/i.exec(cookieName) ?? [];
    this.#options = { ...attributes, httpOnly: true };
    this.#isForHost = cookieOptions.path === '/' && cookieOptions.domain === undefined;
    this.#prefix = prefix;
    this.#base = `${plain}-flash`;

  }

  /** Finds the cookies of messages in a `Cookie` header, first to last. */
  read(header: string | null, isHttps: boolean, isId: (text: string) => boolean): NamedId[] {

    const base = this.#nameOn(isHttps);
    if (header === null || !header.includes(base)) return [];
    const found: NamedId[] = [];
    for (const pair of header.split(';')) {
      const [, name, value] = /^[ \t]*([^ \t=]+)[ \t]*=[ \t]*([^ \t]+)[ \t]*$/.exec(pair) ?? [];
      if (name === undefined || value === undefined || !isName(name, base) || found.some(each => each.name === name)) continue;
      const id = decoded(value);
      if (id !== null && isId(id)) found.push({ name, id });
      if (found.length === MOST_READ) break;
    }
    return found;

  }

  /**
   * Returns a name for a new cookie.
   *
   * @param isWithheld whether the browser has withheld its cookies: those that
   *   responses to such requests set replace one another, so that another site
   *   can't fill the browser's cookie jar
   */
  newName(isWithheld: boolean, isHttps: boolean): string {

    const base = this.#nameOn(isHttps);
    return isWithheld ? base : `${base}-${randomLetters(SUFFIX_LENGTH)}`;

  }

  /** Writes the cookies beside all others; writes them again if the handler has replaced the headers since. */
  write(headers: ResponseHeaders, { set, clear }: FlashCookieChange, isHttps: boolean): void {

    const ours = new Set(set ? [set.name, ...clear] : clear);
    const before = headers.has('set-cookie') ? headers.getMany('set-cookie') : [];
    const others = before.filter(line => !ours.has(line.slice(0, line.indexOf('='))));
    const options = { ...this.#options, secure: this.#options.secure ?? isHttps };
    // If all cookies become one header, the browser takes an expiry in it for the first cookie's.
    const isAlone = !isInMemory(headers) || others.length + ours.size === 1;
    const lines = set ? [stringifySetCookie(set.name, encodeURIComponent(set.id), { ...options, encode: String, ...(isAlone ? { maxAge: LIFETIME } : {}) })] : [];
    const end = isAlone ? { maxAge: 0, expires: new Date(0) } : {};
    for (const name of clear) lines.push(stringifySetCookie(name, '', { ...options, ...end }));
    headers.set('Set-Cookie', [...others, ...lines]);

  }

  #nameOn(isHttps: boolean): string {

    // Only the host itself can set a cookie with the prefix (RFC 6265bis section 4.1.3.2): no sibling can plant one.
    return `${this.#isForHost && (this.#options.secure ?? isHttps) ? '__Host-' : this.#prefix}${this.#base}`;

  }

}

function isName(name: string, base: string): boolean {

  // Only our own names: the response that clears a cookie repeats the name from the request.
  return name === base || (name.startsWith(base) && /^-[A-Za-z0-9]{8}$/.test(name.slice(base.length)));

}

function decoded(value: string): string | null {

  try {
    const id = decodeURIComponent(value);
    return encodeURIComponent(id) === value ? id : null;
  } catch {
    return null;
  }

}
