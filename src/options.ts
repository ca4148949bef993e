import type { Context } from '@curveball/kernel';
import type { HttpContext } from './base/http.js';
import { checkSeconds, known, record, wrong } from './base/option-checks.js';
import type { AtomicSessionStore, SessionStore } from './base/store.js';
import { LONGEST_EXPIRY } from './base/time.js';
import {
  checkCookieName, checkedCookieOptions, type CookieOptions, type CookieSettings, lastingBetweenTouches,
} from './cookie/cookie-options.js';
import { checkedBasePath } from './cookie/cookie-path.js';
import { checkedSiteData, type SiteData } from './cookie/site-data.js';
import { checkedTouchInterval } from './info/touch-interval.js';
import { checkedUserOptions, type UserOptions, type UserSettings } from './info/user-options.js';
import { checkedSchema, type SchemaOptions, type SessionSchema } from './schema/session-schema.js';
import type { StandardSchema } from './schema/standard-schema.js';
import type { MemoryStore } from './stores/memory-store.js';
import { checkedMaxBytes } from './values/session-size.js';
import { checkedStore, keepsOnlyValues, oneKeepsOnlyValues } from './wrapping/checked-store.js';

/** What `session()` takes. */
export interface SessionOptions extends UserOptions {

  /** The store of the sessions, or `'memory'` for a new {@link MemoryStore}. */
  store: 'memory' | SessionStore;

  /**
   * The name of the cookie; `CB` by default. Two applications on one host, or
   * in one store, need two names. With a `__Host-` or `__Secure-` prefix,
   * `cookieOptions` must be what the prefix demands (RFC 6265bis section 4.1.3).
   */
  cookieName?: string | undefined;

  /**
   * Seconds of inactivity after which a session is gone; 3600 by default. It
   * does not affect the cookie, which ends with the browser's session unless
   * `cookieOptions.maxAge` says otherwise. With 0, no request prolongs a session:
   * it ends `touchInterval` seconds after it began.
   */
  expiry?: number | undefined;

  /**
   * Cookie attributes. Those not named keep their defaults: `path: '/'`,
   * `httpOnly: true`, `sameSite: 'lax'`, and `secure: 'auto'`, which is true if
   * the application's origin is https.
   */
  cookieOptions?: CookieOptions | undefined;

  /**
   * The beginning of the path that a proxy removes before it passes a request
   * on, such as `/admin`; nothing by default. The middleware puts it in front of
   * the request's path to see whether `cookieOptions.path` covers that: if not,
   * the request has no session.
   */
  basePath?: string | undefined;

  /**
   * What the browser is asked to remove when a session ends, in the response
   * that clears its cookie, for instance `['cache', 'storage']`; nothing by
   * default. `'cookies'` also removes those of other applications, on the whole
   * registrable domain. If the handler sets a `Clear-Site-Data` header, only that
   * one is sent.
   */
  clearSiteData?: readonly SiteData[] | undefined;

  /**
   * Seconds: a request that only reads extends its session at most once in this
   * time, so a session may live that much longer than `expiry`. A cookie with a
   * `maxAge` is sent again at the same time, and so lives that much longer, too.
   * Default: 60 for a store to which a touch is a round trip, otherwise 0; with
   * `cookieOptions.maxAge` a third of it, at most 60. Must not be longer than
   * `maxAge`.
   */
  touchInterval?: number | undefined;

  /**
   * Returns true for requests that a page sends by itself, such as a poll: reading
   * the session does not prolong it then, whoever reads it. Changing it does. None
   * by default.
   */
  passive?: ((ctx: Context) => boolean) | undefined;

  /**
   * Seconds to wait for the store before a request is answered with 503; 3 by
   * default.
   */
  storeTimeout?: number | undefined;

  /**
   * What the values of a session must look like, as a schema of zod, valibot,
   * arktype or another library that implements Standard Schema. It checks a
   * session whenever one is loaded, and the handler gets what it returns; none by
   * default.
   */
  schema?: StandardSchema | undefined;

  /** What happens to sessions that were stored in another shape. Needs `schema`. */
  schemaOptions?: SchemaOptions | undefined;

  /**
   * The most bytes that a session may have, its keys and JSON texts in UTF-8;
   * 1,048,576 by default. A change that would make it larger is refused with a
   * `SessionSizeError`. `Infinity` lifts the limit: visitors who can make the
   * application store what they send can then fill the store, and slow down each
   * request.
   */
  maxBytes?: number | undefined;

  /**
   * Whether to close a WebSocket, with the code 4001, when the session ends that it
   * was opened with; false by default. One whose session has ended before is closed
   * at once, and its handler does not run. The reason is `signed-out`, `revoked`,
   * `expired` or `limit`. docs/live-sessions.md says how soon.
   */
  closeSockets?: boolean | undefined;

}

/** Options as the middleware uses them: checked and complete. */
export interface Settings extends UserSettings, CookieSettings {
  readonly store: AtomicSessionStore;
  readonly expiry: number;
  readonly touchInterval: number;
  readonly passive: ((http: HttpContext) => boolean) | undefined;
  /** The name of the cookie that a session's id was sent in, to be kept with the session; undefined for the default name, and if the store keeps only values. */
  readonly cookieMark: string | undefined;
  /** Without a slash at its end. */
  readonly basePath: string;
  /** The `Clear-Site-Data` header of a response that ends a session. */
  readonly clearSiteData: string | undefined;
  readonly storeTimeout: number;
  readonly schema: SessionSchema | undefined;
  readonly maxBytes: number;
  readonly closeSockets: boolean;
}

const DEFAULT_NAME = 'CB';

const KNOWN = [
  'store', 'cookieName', 'expiry', 'cookieOptions', 'basePath', 'clearSiteData', 'touchInterval', 'passive', 'storeTimeout', 'schema', 'schemaOptions', 'maxBytes', 'closeSockets',
  'user', 'maxUserSessions', 'absoluteExpiry', 'anonymousExpiry', 'renewal', 'endOnReuse', 'grace',
];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} that names the option, its value and what is allowed
 */
export function settingsFrom(options: SessionOptions): Settings {

  record('options', options);
  known('option', options, KNOWN);
  const { cookieName = DEFAULT_NAME, expiry = 3600, storeTimeout = 3, passive, cookieOptions: given = {}, closeSockets = false } = options;
  checkCookieName(cookieName);
  const cookieOptions = checkedCookieOptions(cookieName, given);
  const basePath = checkedBasePath(options.basePath, cookieOptions.path);
  const store = checkedStore(options.store);
  if (cookieName !== DEFAULT_NAME && oneKeepsOnlyValues(store)) {
    throw wrong('cookieName', cookieName, `must be '${DEFAULT_NAME}' while sessions move from or to a store with four methods: there they do not say which cookie they belong to`);
  }
  const touchInterval = checkedTouchInterval(options.touchInterval, store, cookieOptions.maxAge);
  checkSeconds('expiry', expiry, 0, LONGEST_EXPIRY);
  checkSeconds('storeTimeout', storeTimeout, 0.001, 3600);
  if (passive !== undefined && typeof passive !== 'function') throw wrong('passive', passive, 'must be a function of the context');
  if (typeof closeSockets !== 'boolean') throw wrong('closeSockets', closeSockets, 'must be true or false');
  const schema = checkedSchema(options.schema, options.schemaOptions);
  const maxBytes = checkedMaxBytes(options.maxBytes);
  const clearSiteData = checkedSiteData(options.clearSiteData);
  const cookieMark = cookieName !== DEFAULT_NAME && store.keepsInfo && !keepsOnlyValues(store) ? cookieName : undefined;
  return {
    store, cookieName, cookieMark, cookieOptions: lastingBetweenTouches(cookieOptions, touchInterval), basePath, clearSiteData, expiry,
    touchInterval, storeTimeout, schema, maxBytes, closeSockets,
    // Only `true` itself: a promise would make each request passive.
    passive: passive && (http => passive(http as Context) === true),
    ...checkedUserOptions(options, store),
  };

}
