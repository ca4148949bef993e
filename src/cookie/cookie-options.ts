import { type SerializeOptions, stringifySetCookie } from 'cookie';
import { known, lower, record, show, wrong } from '../base/option-checks.js';
import { warnOnce } from '../base/warnings.js';

/**
 * The options of the `cookie` package, each of which overrides one default.
 * `expires` is refused: a date would end all cookies at one moment.
 */
type Attributes = Omit<SerializeOptions, 'secure' | 'expires' | 'maxAge'>;

export interface CookieOptions extends Optional<Attributes> {
  /**
   * Seconds for which the cookie outlives the last request; by default, it ends
   * with the browser's session. The cookie is sent again once in each
   * `touchInterval`, and so lives that much longer at most. Browsers cut its life
   * to 400 days (RFC 6265bis section 5.5).
   */
  maxAge?: number | undefined;
  /**
   * `'auto'`, the default, is true if the application's origin is https. If
   * browsers demand the attribute (for a name with a prefix, `sameSite: 'none'`,
   * `partitioned`), this option must be given, as true or as `'auto'`, which is
   * true then.
   */
  secure?: boolean | 'auto' | undefined;
}

/** Options of the cookie after checking, with defaults filled in. */
export interface CookieSettings {
  readonly cookieName: string;
  readonly cookieOptions: SerializeOptions & { readonly path: string };
}

/** With members that may be missing or undefined. */
type Optional<T> = { [Name in keyof T]?: T[Name] | undefined };

type Given = Omit<CookieOptions, 'secure'> & { secure?: CookieOptions['secure'] };

/** Browsers cut a cookie's life to 400 days (RFC 6265bis section 5.5). */
export const LONGEST_MAX_AGE = 400 * 86_400;

const KNOWN_COOKIE = [
  'domain', 'encode', 'expires', 'httpOnly', 'maxAge', 'partitioned', 'path', 'priority',
  'sameSite', 'secure',
];

/** Checks the name of the cookie. */
export function checkCookieName(name: unknown): void {

  // A token, as RFC 6265bis section 4.1.1 has it.
  if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]{1,256}$/.test(name)) {
    throw wrong('cookieName', name, 'must be 1 to 256 letters, digits or characters of !#$%&\'*+-.^_`|~');
  }

}

/** Checks the attributes of the cookie and fills in the defaults. */
export function checkedCookieOptions(name: string, given: CookieOptions): SerializeOptions & { readonly path: string } {

  record('cookieOptions', given);
  known('cookieOptions', given, KNOWN_COOKIE);
  const options: Given = { path: '/', httpOnly: true, sameSite: 'lax' };
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined) Object.assign(options, { [key]: value });
  }

  for (const key of ['httpOnly', 'partitioned'] as const) {
    if (options[key] !== undefined && typeof options[key] !== 'boolean') {
      throw wrong(`cookieOptions.${key}`, options[key], 'must be true or false');
    }
  }
  if (![undefined, true, false, 'auto'].includes(options.secure)) {
    throw wrong('cookieOptions.secure', options.secure, "must be true, false or 'auto'");
  }
  const { path, domain, maxAge, sameSite, priority, encode } = options;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  if (typeof path !== 'string' || !/^\/[^\u0000-\u001f\u007f-\uffff;]*$/.test(path)) {
    throw wrong('cookieOptions.path', path, 'must begin with / and hold no ; and no control characters');
  }
  if (domain !== undefined && (typeof domain !== 'string' || !/^\.?[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i.test(domain))) {
    throw wrong('cookieOptions.domain', domain, 'must be a host name');
  }
  if (maxAge !== undefined && !(Number.isInteger(maxAge) && maxAge >= 1)) {
    throw wrong('cookieOptions.maxAge', maxAge, 'must be a whole number of seconds from 1');
  }
  const { expires } = options as { expires?: unknown };
  if (expires !== undefined) {
    throw wrong('cookieOptions.expires', expires, 'must not be set, since every cookie would end at that moment, and new ones after it at once: use cookieOptions.maxAge, in seconds');
  }
  if (![true, false, 'strict', 'lax', 'none'].includes(lower(sameSite) as string)) {
    throw wrong('cookieOptions.sameSite', sameSite, "must be true, false, 'strict', 'lax' or 'none'");
  }
  if (priority !== undefined && !['low', 'medium', 'high'].includes(lower(priority) as string)) {
    throw wrong('cookieOptions.priority', priority, "must be 'low', 'medium' or 'high'");
  }
  if (encode !== undefined) checkEncode(encode);
  const { secure, ...attributes } = checkedAgainstBrowsers(name, options);
  // Undefined members were left out above.
  const checked = { ...attributes as SerializeOptions, ...(typeof secure === 'boolean' ? { secure } : {}), path };
  // The package that writes the cookie has the last word on its syntax.
  stringifySetCookie(name, 'x', checked);
  return checked;

}

/** Lengthens the life of the cookie by the interval, since the cookie is not sent again between two touches of its session. */
export function lastingBetweenTouches<Options extends SerializeOptions>(cookieOptions: Options, touchInterval: number): Options {

  const { maxAge } = cookieOptions;
  return maxAge === undefined ? cookieOptions : { ...cookieOptions, maxAge: Math.min(maxAge + Math.ceil(touchInterval), LONGEST_MAX_AGE) };

}

function checkEncode(encode: unknown): void {

  if (typeof encode !== 'function') throw wrong('cookieOptions.encode', encode, 'must be a function');
  const written: unknown = encode('x');
  if (typeof written !== 'string' || !/^[!-:<-~]*$/.test(written)) {
    throw new TypeError(`cookieOptions.encode returned ${show(written)}: it must return a text without blanks, semicolons and control characters`);
  }

}

/** Refuses a cookie that browsers would drop silently (RFC 6265bis sections 4.1.2.5, 4.1.3 and 5.5). */
function checkedAgainstBrowsers(name: string, options: Given): Given {

  let { secure } = options;
  const needsSecure = (reason: string) => {
    // Otherwise browsers would drop the cookie on every origin.
    if (secure === 'auto') secure = true;
    if (secure === undefined) throw new TypeError(`cookieOptions.secure is not set: it must be true or 'auto' ${reason}`);
    if (secure !== true) throw wrong('cookieOptions.secure', secure, `must be true or 'auto' ${reason}`);
  };
  const prefix = /^__(host-http|host|secure|http)-/i.exec(name)?.[1]?.toLowerCase();
  if (prefix) {
    needsSecure(`for a cookie named ${name}`);
    if (prefix.startsWith('host')) {
      if (options.path !== '/') {
        throw wrong('cookieOptions.path', options.path, `must be '/' for a cookie named ${name}`);
      }
      if (options.domain !== undefined) {
        throw wrong('cookieOptions.domain', options.domain, `must not be set for a cookie named ${name}`);
      }
    }
    if (prefix.endsWith('http') && !options.httpOnly) {
      throw wrong('cookieOptions.httpOnly', options.httpOnly, `must be true for a cookie named ${name}`);
    }
  }
  if (lower(options.sameSite) === 'none') needsSecure("with sameSite: 'none'");
  if (options.partitioned) needsSecure('with partitioned: true');
  if (options.maxAge !== undefined && options.maxAge > LONGEST_MAX_AGE) {
    warnOnce('SESSION_MAX_AGE', `cookieOptions.maxAge is ${options.maxAge}: browsers cut it to ${LONGEST_MAX_AGE} seconds (400 days)`);
  }
  return { ...options, secure };

}
