import { parseSetCookie, type SetCookie } from 'cookie';
import { LONGEST_MAX_AGE } from '../../cookie/cookie-options.js';
import { isBelow } from '../../cookie/cookie-path.js';

/** The cookies of a visitor. */
export interface Cookies {
  /** The names of the cookies that have not expired. */
  readonly names: readonly string[];
  /** The value of a cookie, spelled as in the header; undefined if there is none, or it has expired. */
  get(name: string): string | undefined;
  /** Removes all cookies of a name. */
  delete(name: string): void;
  /** Removes all cookies, as a new browser would have none. */
  clear(): void;
}

interface Kept {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly isSecure: boolean;
  /** In milliseconds of `Date.now()`; Infinity if it ends with the browser's session. */
  readonly end: number;
}

/** The most bytes of name and value together (RFC 6265bis section 5.7). */
const MOST_BYTES = 4096;

/**
 * Keeps cookies as a browser does that visits one origin (RFC 6265bis section 5),
 * and only sends requests from its pages: `SameSite` withholds none of them.
 */
export class CookieJar implements Cookies {

  readonly #kept = new Map<string, Kept>();

  get names(): readonly string[] {

    return [...new Set(this.#living().map(({ name }) => name))];

  }

  get(name: string): string | undefined {

    return this.#living().find(cookie => cookie.name === name)?.value;

  }

  delete(name: string): void {

    for (const [key, cookie] of this.#kept) if (cookie.name === name) this.#kept.delete(key);

  }

  clear(): void {

    this.#kept.clear();

  }

  copy(): CookieJar {

    const copy = new CookieJar();
    for (const [key, cookie] of this.#kept) copy.#kept.set(key, cookie);
    return copy;

  }

  /** Returns the `Cookie` header of a request: longer paths first, then older cookies; undefined without cookies. */
  header(url: URL): string | undefined {

    const sent = this.#living()
      .filter(({ path, isSecure }) => isBelow(url.pathname, path) && (!isSecure || isTrusted(url)))
      .sort((one, other) => other.path.length - one.path.length);
    return sent.length === 0 ? undefined : sent.map(({ name, value }) => `${name}=${value}`).join('; ');

  }

  /**
   * Does what a `Set-Cookie` line of a response says.
   *
   * @throws {Error} that says why, if a browser would not keep the cookie. It would
   *   say nothing, but for a test this is a mistake
   */
  take(line: string, url: URL): void {

    const cookie = parseSetCookie(line, { decode: text => text });
    const refusal = refusalOf(cookie, url);
    if (refusal !== undefined) throw new Error(`A browser would not keep the cookie ${cookie.name}: ${refusal}`);

    const { name, value = '', domain, secure = false } = cookie;
    const path = cookie.path?.startsWith('/') ? cookie.path : defaultPath(url.pathname);
    const key = JSON.stringify([name, domain ? withoutDot(domain) : null, path]);
    const end = endOf(cookie);
    if (end <= Date.now()) this.#kept.delete(key);
    else this.#kept.set(key, { name, value, path, isSecure: secure, end });

  }

  #living(): Kept[] {

    const now = Date.now();
    return [...this.#kept.values()].filter(({ end }) => end > now);

  }

}

/** Why a browser would drop a cookie (RFC 6265bis sections 4.1.3 and 5.7). */
function refusalOf({ name, value = '', domain, path, secure, httpOnly, sameSite, partitioned }: SetCookie, url: URL): string | undefined {

  if (Buffer.byteLength(name + value) > MOST_BYTES) return `name and value have more than ${MOST_BYTES} bytes`;
  if (secure && !isTrusted(url)) return `it has the attribute Secure, and the application's origin is ${url.origin}: set app.origin to an https origin`;
  if (!secure && (sameSite === 'none' || partitioned)) return 'it lacks the attribute Secure, which SameSite=None and Partitioned demand';
  if (domain && !covers(withoutDot(domain), url.hostname)) return `its Domain is ${domain}, and the application's host is ${url.hostname}: set app.origin`;
  const prefix = /^__(host-http|host|secure|http)-/i.exec(name)?.[1]?.toLowerCase();
  if (prefix && !secure) return 'its name demands the attribute Secure';
  if (prefix?.startsWith('host') && (path !== '/' || domain)) return 'its name demands Path=/ and no Domain';
  if (prefix?.endsWith('http') && !httpOnly) return 'its name demands the attribute HttpOnly';
  return undefined;

}

/** Whether browsers keep and send `Secure` cookies there: Chromium and Firefox do so on localhost, too. */
function isTrusted({ protocol, hostname }: URL): boolean {

  return protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost') || /^127\.|^\[::1\]$/.test(hostname);

}

function withoutDot(domain: string): string {

  return domain.replace(/^\./, '').toLowerCase();

}

/** Whether a cookie of a domain belongs to a host, which may lie below it. No host shares cookies with all of `com`. */
function covers(domain: string, host: string): boolean {

  return host === domain || (domain.includes('.') && host.endsWith(`.${domain}`));

}

/** The path of a cookie without one: that of the request, up to its last slash (RFC 6265bis section 5.1.4). */
function defaultPath(path: string): string {

  return path.slice(0, path.lastIndexOf('/')) || '/';

}

function endOf({ maxAge, expires }: SetCookie): number {

  const most = Date.now() + LONGEST_MAX_AGE * 1000;
  if (maxAge !== undefined) return Math.min(Date.now() + maxAge * 1000, most);
  return expires === undefined ? Infinity : Math.min(expires.getTime(), most);

}
