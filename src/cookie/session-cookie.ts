import { stringifySetCookie } from 'cookie';
import type { Context } from '@curveball/kernel';
import type { Settings } from '../options.js';
import { isOwnId } from '../id/session-id.js';
import { LONGEST_MAX_AGE } from './cookie-options.js';

type Headers = Context['response']['headers'];

/** More cookies of one name than this only serve to keep the server busy. */
const MOST_LOOKED_AT = 1000;

/** A toss-up of cookies with our name (other paths, other domains) is tried so often. */
const MOST_CANDIDATES = 4;

/** What a browser keeps of one cookie, name and value (RFC 6265bis section 5.7). */
const MOST_BYTES = 4096;

/** The session's cookie: read from the request, written to the response. */
export class SessionCookie {

  readonly #name: string;
  readonly #encode: (id: string) => string;
  readonly #mostCandidates: number;
  readonly #attributes: string;
  readonly #secureAttributes: string;
  readonly #clear: string;
  readonly #secureClear: string;

  constructor({ cookieName, cookieOptions }: Pick<Settings, 'cookieName' | 'cookieOptions'>) {

    this.#name = cookieName;
    this.#encode = cookieOptions.encode ?? encodeURIComponent;
    // Only one host can set such a cookie, on one path: a second one is no one's.
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
   * Finds the ids that a `Cookie` header offers, first to last: all values of
   * our name that could be ids, each once, up to four of them.
   *
   * Names match to the letter, and around name and value only spaces and tabs
   * are dropped (RFC 6265bis section 5.6). A value counts only in the spelling
   * that we would have written ourselves.
   */
  read(header: string | null, isId: (text: string) => boolean): string[] {

    const ids: string[] = [];
    if (header === null) return ids;
    const name = this.#name;
    let looked = 0;
    for (
      let at = header.indexOf(name);
      at !== -1 && ids.length < this.#mostCandidates && looked < MOST_LOOKED_AT;
      at = header.indexOf(name, at + name.length)
    ) {
      const equals = skipBlanks(header, at + name.length);
      if (header.charCodeAt(equals) !== EQUALS || !isStartOfPair(header, at)) continue;
      looked++;
      const semicolon = header.indexOf(';', equals);
      const end = semicolon === -1 ? header.length : semicolon;
      const value = trimBlanks(header, equals + 1, end);
      const id = this.#idIn(value, isId);
      if (id !== null && !ids.includes(id)) ids.push(id);
    }
    return ids;

  }

  /** Says whether a browser would keep a cookie with this id, and we would know it again. */
  fits(id: string): boolean {

    const value = this.#spell(id);
    // Our own ids always do, unless they are written in another way.
    if (value === id && isOwnId(id)) return true;
    return Buffer.byteLength(this.#name + value) <= MOST_BYTES
      && this.read(`${this.#name}=${value}`, () => true)[0] === id;

  }

  /**
   * Sets the cookie, beside the cookies that the application has set.
   *
   * @param maxAge in seconds; null for a cookie that ends with the browser's
   *   session; without it, as the options say
   */
  set(headers: Headers, id: string, isHttps: boolean, maxAge?: number | null): void {

    const attributes = isHttps ? this.#secureAttributes : this.#attributes;
    this.#write(headers, this.#spell(id) + (maxAge === undefined ? attributes : withMaxAge(attributes, maxAge)));

  }

  /** Tells the browser to forget the cookie. */
  clear(headers: Headers, isHttps: boolean): void {

    this.#write(headers, isHttps ? this.#secureClear : this.#clear);

  }

  /** Takes the cookie back that this response has set. */
  drop(headers: Headers): void {

    const others = this.#others(headers);
    if (others.length > 0) headers.set('Set-Cookie', others);
    else headers.delete('Set-Cookie');

  }

  /** How many cookies of our name a response sets. */
  countIn(headers: Headers): number {

    if (!headers.has('set-cookie')) return 0;
    return headers.getMany('set-cookie').length - this.#others(headers).length;

  }

  #write(headers: Headers, rest: string): void {

    // One cookie of a name in a response (RFC 6265bis section 4.1.1).
    const others = this.#others(headers);
    const ours = `${this.#name}=${rest}`;
    headers.set('Set-Cookie', others.length > 0 ? [isInMemory(headers) ? `${ours};` : ours, ...others] : ours);

  }

  #others(headers: Headers): string[] {

    if (!headers.has('set-cookie')) return [];
    return headers.getMany('set-cookie').filter(cookie => !cookie.startsWith(`${this.#name}=`));

  }

  #spell(id: string): string {

    // Nearly all ids are our own, and those are written as they are.
    return this.#encode === encodeURIComponent && isOwnId(id) ? id : this.#encode(id);

  }

  #idIn(value: string, isId: (text: string) => boolean): string | null {

    try {
      if (this.#spell(value) === value) return isId(value) ? value : null;
      const id = decodeURIComponent(value);
      return this.#spell(id) === value && isId(id) ? id : null;
    } catch {
      return null;
    }

  }

}

/**
 * Whether the kernel's `app.fetch()` may send the headers. It joins all cookies
 * to one, with commas: only the first counts then, and what follows belongs to
 * its last attribute unless that has an end.
 */
export function isInMemory(headers: Headers): boolean {

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
