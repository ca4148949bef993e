import { stringifySetCookie, type SerializeOptions } from 'cookie';
import { kindOf } from './session-values.js';
import { isAtomic, type AtomicSessionStore, type SessionStore } from './store.js';
import { FourMethodStore } from './stores/four-method-store.js';
import { MemoryStore } from './stores/memory-store.js';

/** The options of the `cookie` package, by which the defaults are overridden one by one. */
export type CookieOptions = SerializeOptions;

/** What `session()` takes. */
export interface SessionOptions {

  /** Where sessions are kept: a store, or `'memory'` for a new {@link MemoryStore}. */
  store: 'memory' | SessionStore;

  /**
   * The name of the cookie; `CB` by default. With a `__Host-` or `__Secure-`
   * prefix, `cookieOptions` must be what the prefix demands (RFC 6265bis
   * section 4.1.3).
   */
  cookieName?: string | undefined;

  /**
   * The seconds of inactivity after which a session is gone; 3600 by default.
   * It does not influence the cookie, which ends with the browser's session
   * unless `cookieOptions.maxAge` says otherwise.
   */
  expiry?: number | undefined;

  /**
   * Cookie attributes. What is not named keeps its default: `path: '/'`,
   * `httpOnly: true`, `sameSite: 'lax'`, and `secure` when the application's
   * origin is https.
   */
  cookieOptions?: CookieOptions | undefined;

  /**
   * A request that only reads refreshes its session at most once in so many
   * seconds; the session may live that much longer than `expiry`. Default: 60
   * for a store to which a refresh is a round trip, otherwise 0.
   */
  touchInterval?: number | undefined;

  /**
   * The seconds to wait for the store before a request is answered with 503;
   * 3 by default.
   */
  storeTimeout?: number | undefined;

}

/** Options as the middleware uses them: checked, and nothing is missing. */
export interface Settings {
  readonly store: AtomicSessionStore;
  readonly cookieName: string;
  readonly cookieOptions: CookieOptions;
  readonly expiry: number;
  readonly touchInterval: number;
  readonly storeTimeout: number;
}

/** Browsers cut a cookie's life to 400 days (RFC 6265bis section 5.5). */
const LONGEST_MAX_AGE = 400 * 86_400;

/** Ten years. A larger number is most likely meant as milliseconds. */
const LONGEST_EXPIRY = 10 * 365 * 86_400;

/** With a cookie that has a `Max-Age`, session and cookie are refreshed together. */
const MAX_AGE_INTERVAL = 60;

const KNOWN = ['store', 'cookieName', 'expiry', 'cookieOptions', 'touchInterval', 'storeTimeout'];
const KNOWN_COOKIE = [
  'domain', 'encode', 'expires', 'httpOnly', 'maxAge', 'partitioned', 'path', 'priority',
  'sameSite', 'secure',
];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} that names the option, its value and what is allowed
 */
export function settingsFrom(options: SessionOptions): Settings {

  record('options', options);
  known('option', options, KNOWN);
  const { cookieName = 'CB', expiry = 3600, storeTimeout = 3, cookieOptions: given = {} } = options;
  checkName(cookieName);
  const cookieOptions = checkedCookieOptions(cookieName, given);
  const store = checkedStore(options.store);
  const { touchInterval = defaultInterval(store, cookieOptions) } = options;
  checkSeconds('expiry', expiry, 0, LONGEST_EXPIRY);
  checkSeconds('touchInterval', touchInterval, 0, 86_400);
  checkSeconds('storeTimeout', storeTimeout, 0.001, 3600);
  return { store, cookieName, cookieOptions, expiry, touchInterval, storeTimeout };

}

function defaultInterval(store: AtomicSessionStore, cookieOptions: CookieOptions): number {

  return store.touchIsFree && cookieOptions.maxAge === undefined ? 0 : MAX_AGE_INTERVAL;

}

const adapters = new WeakMap<SessionStore, AtomicSessionStore>();

function checkedStore(store: unknown): AtomicSessionStore {

  if (store === 'memory') return new MemoryStore();
  if ((typeof store !== 'object' && typeof store !== 'function') || store === null) {
    throw wrong('store', store, "must be 'memory' or an object with get(), set(), delete() and newSessionId()");
  }
  const given = store as SessionStore;
  for (const method of ['get', 'set', 'delete', 'newSessionId'] as const) {
    if (typeof given[method] !== 'function') {
      throw new TypeError(`store.${method} is ${show(given[method])}: a session store must have this method`);
    }
  }
  if (!isAtomic(given)) return adapted(given);
  for (const method of ['load', 'create', 'update', 'touch', 'end'] as const) {
    if (typeof given[method] !== 'function') {
      throw new TypeError(`store.${method} is ${show(given[method])}: a store with \`atomic: true\` must have this method`);
    }
  }
  if (typeof given.move !== 'function' && typeof given.take !== 'function') {
    throw new TypeError('store.move and store.take are missing: a store with `atomic: true` must have one of them');
  }
  return given;

}

// Two middlewares on one store must share what its adapter remembers.
export function adapted(store: SessionStore): AtomicSessionStore {

  let adapter = adapters.get(store);
  if (!adapter) adapters.set(store, adapter = new FourMethodStore(store));
  return adapter;

}

function checkName(name: unknown): void {

  // A token, as RFC 6265bis section 4.1.1 has it.
  if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]{1,256}$/.test(name)) {
    throw wrong('cookieName', name, 'must be 1 to 256 letters, digits or characters of !#$%&\'*+-.^_`|~');
  }

}

function checkedCookieOptions(name: string, given: CookieOptions): CookieOptions {

  record('cookieOptions', given);
  known('cookieOptions', given, KNOWN_COOKIE);
  const options: CookieOptions = { path: '/', httpOnly: true, sameSite: 'lax' };
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined) Object.assign(options, { [key]: value });
  }

  for (const key of ['httpOnly', 'secure', 'partitioned'] as const) {
    if (options[key] !== undefined && typeof options[key] !== 'boolean') {
      throw wrong(`cookieOptions.${key}`, options[key], 'must be true or false');
    }
  }
  const { path, domain, maxAge, expires, sameSite, priority, encode } = options;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  if (typeof path !== 'string' || !/^\/[^\u0000-\u001f\u007f-\uffff;]*$/.test(path)) {
    throw wrong('cookieOptions.path', path, 'must begin with / and hold no ; and no control characters');
  }
  if (domain !== undefined && (typeof domain !== 'string' || !/^\.?[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(domain))) {
    throw wrong('cookieOptions.domain', domain, 'must be a host name');
  }
  if (maxAge !== undefined && !(Number.isInteger(maxAge) && maxAge >= 1)) {
    throw wrong('cookieOptions.maxAge', maxAge, 'must be a whole number of seconds from 1');
  }
  if (expires !== undefined && !(expires instanceof Date && !Number.isNaN(expires.getTime()))) {
    throw wrong('cookieOptions.expires', expires, 'must be a valid Date');
  }
  if (![true, false, 'strict', 'lax', 'none'].includes(lower(sameSite) as string)) {
    throw wrong('cookieOptions.sameSite', sameSite, "must be true, false, 'strict', 'lax' or 'none'");
  }
  if (priority !== undefined && !['low', 'medium', 'high'].includes(lower(priority) as string)) {
    throw wrong('cookieOptions.priority', priority, "must be 'low', 'medium' or 'high'");
  }
  if (encode !== undefined && typeof encode !== 'function') {
    throw wrong('cookieOptions.encode', encode, 'must be a function');
  }
  checkAgainstBrowsers(name, options);
  // The package that writes the cookie has the last word on its syntax.
  stringifySetCookie(name, 'x', options);
  return options;

}

/** Refuses what browsers drop without a word (RFC 6265bis sections 4.1.2.5, 4.1.3 and 5.5). */
function checkAgainstBrowsers(name: string, options: CookieOptions): void {

  const needsSecure = (reason: string) => {
    if (options.secure !== true) {
      throw wrong('cookieOptions.secure', options.secure, `must be true ${reason}`);
    }
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
    process.emitWarning(
      `cookieOptions.maxAge is ${options.maxAge}: browsers cut it to ${LONGEST_MAX_AGE} seconds (400 days)`,
      { code: 'SESSION_MAX_AGE' },
    );
  }

}

function checkSeconds(option: string, value: unknown, least: number, most: number): void {

  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw wrong(option, value, `must be a number of seconds from ${least} to ${most}`);
  }

}

function record(option: string, value: unknown): void {

  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(option, value, 'must be an object');
  }

}

function known(what: string, given: object, names: readonly string[]): void {

  for (const name of Object.keys(given)) {
    if (!names.includes(name)) {
      throw new TypeError(`${what} ${name} is unknown: it must be one of ${names.join(', ')}`);
    }
  }

}

function lower(value: unknown): unknown {

  return typeof value === 'string' ? value.toLowerCase() : value;

}

function wrong(option: string, value: unknown, allowed: string): TypeError {

  return new TypeError(`${option} is ${show(value)}: it ${allowed}`);

}

function show(value: unknown): string {

  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return `a ${kindOf(value)}`;
  return String(value);

}
