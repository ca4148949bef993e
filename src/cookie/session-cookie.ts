import { stringifySetCookie } from 'cookie';
import type { ResponseHeaders } from '../base/http.js';
import { type CookieSettings, LONGEST_MAX_AGE } from './cookie-options.js';

/** Letters, digits and the underscore. */
const LETTERS = /^\w+$/;

/** The most cookies of one name that are looked at: more only serve to keep the server busy. */
const MOST_LOOKED_AT = 1000;

/** At most this many cookies of our name, from other paths or domains, are tried. */
const MOST_CANDIDATES = 4;

/** The most bytes of name and value together that browsers keep of a cookie (RFC 6265bis section 5.7). */
const MOST_BYTES = 4096;

const NO_IDS: readonly string[] = [];

/** The session's cookie: read from the request, written to the response. */
export class SessionCookie {

  readonly #name: string;
  /** How the lines of `Set-Cookie` for our cookie begin. */
  readonly #start: string;
  readonly #encode: (id: string) => string;
  readonly #mostCandidates: number;
  readonly #attributes: string;
  readonly #secureAttributes: string;
  readonly #clear: string;
  readonly #secureClear: string;

  constructor({ cookieName, cookieOptions }: CookieSettings) {

    this.#name = cookieName;
    this.#start = `${cookieName}=`;
    this.#encode = cookieOptions.encode ?? encodeURIComponent;
    // Only one host can set such a cookie, and only for one path: no browser has a second one.
    this.#mostCandidates = cookieName.startsWith('__Host-') ? 1 : MOST_CANDIDATES;

    const attributes = (secure: boolean, more: object) => stringifySetCookie(cookieName, '', {
      ...cookieOptions, secure: cookieOptions.secure ?? secure, ...more,
    }).slice(cookieName.length + 1);
    const ended = { maxAge: 0, expires: new Date(0) };
    this.#attributes = attributes(false, {});
    this.#secureAttributes = attributes(true, {});
    this.#clear = attributes(false, ended);
    this.#secureClear = attributes(true, ended);

  }

  /**
   * Finds the ids in a `Cookie` header, first to last: all values of our name
   * that could be ids, each once, at most four.
   *
   * Names must match to the letter, and only spaces and tabs are dropped around
   * name and value (RFC 6265bis section 5.6). A value counts only if it is spelled
   * as we would have written it.
   */
  read(header: string | null, isId: (text: string) => boolean): readonly string[] {

    if (header === null) return NO_IDS;
    let ids = NO_IDS;
    const name = this.#name;
    let looked = 0;
    let at = header.indexOf(name);
    while (at !== -1 && ids.length < this.#mostCandidates && looked < MOST_LOOKED_AT) {
      let end = at + name.length;
      const equals = skipBlanks(header, end);
      if (header.charCodeAt(equals) === EQUALS && isStartOfPair(header, at)) {
        looked++;
        const semicolon = header.indexOf(';', equals);
        end = semicolon === -1 ? header.length : semicolon;
        const id = this.#idIn(trimBlanks(header, equals + 1, end), isId);
        if (id !== null && !ids.includes(id)) ids = ids.length === 0 ? [id] : [...ids, id];
      }
      at = end === header.length ? -1 : header.indexOf(name, end);
    }
    return ids;

  }

  /** Says whether a browser would keep a cookie with this id, and we would recognise it. */
  fits(id: string): boolean {

    if (this.#isPlain(id)) return this.#name.length + id.length <= MOST_BYTES;
    const value = this.#spell(id);
    return Buffer.byteLength(this.#name + value) <= MOST_BYTES
      && this.read(this.#start + value, () => true)[0] === id;

  }

  /**
   * Sets the cookie, beside the cookies that the application has set.
   *
   * @param maxAge in seconds; null for a cookie that ends with the browser's
   *   session; without it, as the options say
   */
  set(headers: ResponseHeaders, id: string, isHttps: boolean, maxAge?: number | null): void {

    const attributes = isHttps ? this.#secureAttributes : this.#attributes;
    this.#write(headers, this.#spell(id) + (maxAge === undefined ? attributes : withMaxAge(attributes, maxAge)));

  }

  /** Tells the browser to forget the cookie. */
  clear(headers: ResponseHeaders, isHttps: boolean): void {

    this.#write(headers, isHttps ? this.#secureClear : this.#clear);

  }

  /** Removes our cookie from this response. */
  drop(headers: ResponseHeaders): void {

    const others = this.#others(headers);
    if (others.length > 0) headers.set('Set-Cookie', others);
    else headers.delete('Set-Cookie');

  }

  /** Returns the number of cookies of our name that a response sets. */
  countIn(headers: ResponseHeaders): number {

    if (!headers.has('set-cookie')) return 0;
    return headers.getMany('set-cookie').filter(cookie => cookie.startsWith(this.#start)).length;

  }

  #write(headers: ResponseHeaders, rest: string): void {

    // One cookie of a name in a response (RFC 6265bis section 4.1.1).
    const others = this.#others(headers);
    const ours = this.#start + rest;
    headers.set('Set-Cookie', others.length > 0 ? [isInMemory(headers) ? `${ours};` : ours, ...others] : ours);

  }

  #others(headers: ResponseHeaders): string[] {

    if (!headers.has('set-cookie')) return [];
    return headers.getMany('set-cookie').filter(cookie => !cookie.startsWith(this.#start));

  }

  #spell(id: string): string {

    return this.#isPlain(id) ? id : this.#encode(id);

  }

  /** Whether an id is written as it is. Nearly all ids are letters and digits, which no encoding changes. */
  #isPlain(id: string): boolean {

    return this.#encode === encodeURIComponent && LETTERS.test(id);

  }

  #idIn(value: string, isId: (text: string) => boolean): string | null {

    try {
      const id = this.#isPlain(value) ? value : this.#decoded(value);
      return id !== null && isId(id) ? id : null;
    } catch {
      return null;
    }

  }

  #decoded(value: string): string | null {

    if (this.#encode(value) === value) return value;
    const id = decodeURIComponent(value);
    return this.#spell(id) === value ? id : null;

  }

}

/**
 * Says whether the kernel's `app.fetch()` may send these headers. It joins all
 * cookies into one header, with commas. Browsers then read only the first cookie,
 * and take the rest for a part of its last attribute unless a semicolon ends it.
 */
export function isInMemory(headers: ResponseHeaders): boolean {

  return !('inner' in headers);

}

function withMaxAge(attributes: string, maxAge: number | null): string {

  const others = attributes.replace(/; (?:Max-Age|Expires)=[^;]*/g, '');
  return maxAge === null ? others : `${others}; Max-Age=${Math.min(maxAge, LONGEST_MAX_AGE)}`;

}

const TAB = 0x09;
const SPACE = 0x20;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

function isStartOfPair(header: string, at: number): boolean {

  let before = at - 1;
  while (before >= 0 && isBlank(header.charCodeAt(before))) before--;
  return before < 0 || header.charCodeAt(before) === SEMICOLON;

}

function skipBlanks(header: string, at: number): number {

  let next = at;
  while (isBlank(header.charCodeAt(next))) next++;
  return next;

}

function trimBlanks(header: string, start: number, end: number): string {

  const first = skipBlanks(header, start);
  let last = end;
  while (last > first && isBlank(header.charCodeAt(last - 1))) last--;
  return header.slice(first, last);

}

function isBlank(code: number): boolean {

  return code === SPACE || code === TAB;

}
