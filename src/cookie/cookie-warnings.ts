import type { RequestHeaders } from '../base/http.js';
import { warnOnce } from '../base/warnings.js';
import type { CookieSettings } from './cookie-options.js';

/** Hosts from which browsers accept a Secure cookie over plain http. */
const LOCAL = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Warns developers why browsers drop the cookie, which browsers do silently, or
 * why it is less safe than it seems. Gives each reason once per process.
 */
export class CookieWarnings {

  readonly #name: string;
  readonly #secure: boolean | undefined;
  readonly #domain: string | undefined;
  readonly #path: string;
  #isOriginDoubted = false;
  #checkedOrigin: string | undefined;

  constructor({ cookieName, cookieOptions }: CookieSettings) {

    this.#name = cookieName;
    this.#secure = cookieOptions.secure;
    this.#path = cookieOptions.path;
    this.#domain = cookieOptions.domain?.replace(/^\./, '').toLowerCase();

  }

  /**
   * Looks at a response that carries the cookie.
   *
   * @param origin the application's, as the kernel has it
   * @param request the headers of the request
   */
  check(origin: string, request: RequestHeaders): void {

    if (origin === this.#checkedOrigin && (this.#isOriginDoubted || origin.startsWith('https:'))) return;
    if (!origin.startsWith('https:') && isSaidToBeHttps(request)) {
      // Other warnings about this origin would be wrong.
      this.#checkedOrigin = origin;
      this.#isOriginDoubted = true;
      warnOnce('SESSION_ORIGIN', `A request came over https, as its proxy says, and the application's origin is ${origin}: ${this.#secure === undefined ? `the cookie ${this.#name} is not Secure. Set` : 'set'} the origin with CURVEBALL_ORIGIN, PUBLIC_URI or app.origin`);
      return;
    }
    if (origin === this.#checkedOrigin) return;
    this.#checkedOrigin = origin;
    if (URL.canParse(origin)) this.#checkOrigin(new URL(origin));

  }

  #checkOrigin({ origin, protocol, hostname }: URL): void {

    if (this.#secure && protocol === 'http:' && !LOCAL.test(hostname)) {
      warnOnce('SESSION_COOKIE_SECURE', `The cookie ${this.#name} is Secure and the application's origin is ${origin}: browsers drop it there. Serve the application by https, and set the origin with CURVEBALL_ORIGIN, PUBLIC_URI or app.origin`);
    }
    const domain = this.#domain;
    if (domain !== undefined && hostname !== domain && !hostname.endsWith(`.${domain}`)) {
      warnOnce('SESSION_COOKIE_DOMAIN', `cookieOptions.domain is ${domain} and the application's origin is ${origin}: browsers drop the cookie ${this.#name} there, since a host sets cookies for itself and the domains above it only`);
    }

  }

  /** Warns that a request for a path which the cookie does not cover has used its session. */
  outside(): void {

    warnOnce('SESSION_COOKIE_PATH', `cookieOptions.path is ${this.#path}, and ctx.session was used by a request for another path: browsers do not send the cookie ${this.#name} there, so the request has no session, and nothing of it is stored. If a proxy takes the beginning of the path away, say so with the option basePath, for instance basePath: '${this.#path}'. Handlers of other paths belong before this session middleware`);

  }

  /** Warns that a handler has set a cookie of our name in a response that sets ours. */
  replaced(): void {

    warnOnce('SESSION_COOKIE_REPLACED', `A handler set a cookie named ${this.#name}, which is the name of the session's cookie: only the session's was sent. Give one of them another name`);

  }

}

/** Says whether a proxy received the request over https, by its headers (RFC 7239, or the older X-Forwarded-Proto). */
function isSaidToBeHttps(request: RequestHeaders): boolean {

  const proto = request.get('x-forwarded-proto') ?? protoIn(request.get('forwarded'));
  return proto !== undefined && /^\s*https\b/i.test(proto);

}

function protoIn(forwarded: string | null): string | undefined {

  return forwarded === null ? undefined : /proto="?([a-z]+)/i.exec(forwarded)?.[1];

}
