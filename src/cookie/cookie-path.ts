import { wrong } from '../base/option-checks.js';

/** Checks the option `basePath` and fills in its default, the empty text. */
export function checkedBasePath(basePath: unknown, cookiePath: string): string {

  if (basePath === undefined) return '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  if (typeof basePath !== 'string' || !/^\/[^\u0000-\u0020\u007f-\uffff?#;]*$/.test(basePath)) {
    throw wrong('basePath', basePath, 'must be a path that begins with /, as browsers see it');
  }
  if (!isBelow(basePath, cookiePath) && !isBelow(cookiePath, basePath)) {
    throw wrong('basePath', basePath, `must lie below cookieOptions.path, which is ${cookiePath}, or above it: no request has a session otherwise`);
  }
  return basePath.replace(/\/$/, '');

}

/**
 * Says whether the path of a request is the cookie's path, or lies below it, so
 * that browsers send the cookie (RFC 6265 section 5.1.4). They compare the path
 * that they write into the request, letter by letter.
 */
export function isBelow(requestPath: string, cookiePath: string): boolean {

  if (!requestPath.startsWith(cookiePath)) return false;
  return requestPath.length === cookiePath.length || cookiePath.endsWith('/') || requestPath[cookiePath.length] === '/';

}

/** Browsers resolve these before they send a request, and compare the cookie's path with what is left (WHATWG URL). */
const RESOLVED_BY_BROWSERS = /\\|\/(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * Says whether browsers send the cookie with a request. The kernel, and so a
 * router, reads some targets in another way (`\` as `/`), but browsers send none
 * of those.
 */
export function isSentTo(target: string, basePath: string, cookiePath: string): boolean {

  const path = basePath + pathIn(target);
  return isBelow(path, cookiePath) && !RESOLVED_BY_BROWSERS.test(path);

}

/** Returns the path in the first line of a request, whose target may be a whole URL (RFC 9112 section 3.2). */
export function pathIn(target: string): string {

  const path = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#\\]+/i, '').replace(/[?#].*$/s, '');
  return path.startsWith('/') ? path : '/';

}
