import type { Awaitable } from './base/store.js';
import type { ExclusiveOptions } from './exclusive/exclusive-options.js';
import type { FlashKind, FlashMessage, FlashValue } from './flash/flash-messages.js';
import type { Authentication } from './info/session-details.js';
import type { SessionInfo } from './request/session-info.js';
import type { SessionEnd } from './session/stored-session.js';
import type { SessionData, SessionOf } from './values/session-data.js';

/** What the middleware adds to `ctx`. */
export interface SessionContext {

  /**
   * The session's values: a plain object that this request owns.
   *
   * At the end of the request the middleware stores what has changed: it
   * writes only top-level keys that differ. Assign `null` or `{}` to end the
   * session. A value that JSON can't represent exactly is refused with a
   * `SessionValueError`; a `Date` is stored as its ISO text.
   */
  get session(): SessionOf<SessionData>;
  set session(values: SessionOf<SessionData> | null);

  /**
   * The id of the session, or null while there is none: a new session gets
   * its id when it is stored.
   *
   * Assign `null` to give the session a new id and retire the old one. Do so
   * whenever the visitor's privileges change (OWASP ASVS 5.0, 7.2.4).
   *
   * @throws {TypeError} if anything but null is assigned
   */
  get sessionId(): string | null;
  set sessionId(id: null);

  /**
   * What is known of the session beside its values: its public handle, when it
   * ends, and when its user last proved who they are. Null if there is no
   * session.
   *
   * Reading `ctx.sessionInfo` alone does not count as use, so a page may ask
   * how long the session has left without extending it.
   */
  readonly sessionInfo: SessionInfo | null;

  /**
   * Why the session ended whose id the request brought: `expired`, `signed-out`,
   * `revoked`, `limit` (its user had too many sessions) or `moved` (the browser has
   * another id by now). Null if it has not ended, or if the store no longer knows:
   * docs/user-sessions.md says which store knows what for how long. It stays the
   * same for the whole request.
   *
   * Reading `ctx.sessionEnded` does not count as use.
   */
  readonly sessionEnded: SessionEnd | null;

  /**
   * Says that the user has just proved who they are: at a sign-in, or again
   * before a sensitive action. The session gets a new id, its idle and absolute
   * timeouts begin anew (NIST SP 800-63B-4, 5.2), and `given` applies to it
   * from now on.
   *
   * ```typescript
   * ctx.session = { userId: user.id };
   * ctx.authenticated({ persistent: true, expiry: 30 * 86_400 });
   * ```
   *
   * @throws {TypeError} for a wrong member, or if the store can't keep it
   */
  authenticated(given?: Authentication): void;

  /**
   * Fires when the session ends: by a sign-out, a revocation, its expiry or a limit,
   * here or in another process. Its `reason` is a {@link SessionEndedError}, whose
   * own `reason` says which. It has fired already if the session of the request's id
   * has ended, as `ctx.sessionEnded` says, and the request has stored no new one. It
   * does not fire when the session gets another id, and never if the request has no
   * session otherwise.
   *
   * ```typescript
   * await pipeline(report, upload, { signal: ctx.sessionSignal });
   * ```
   *
   * The request uses the session when it reads this member; an open stream or
   * socket does not. How soon the signal fires depends on the store, as
   * docs/live-sessions.md says.
   */
  readonly sessionSignal: AbortSignal;

  /**
   * Changes the session in one atomic step: if another request has changed it
   * in the meantime, `update` is called again with the values that are stored
   * then. Changes that the request has already made to `ctx.session` are stored
   * with it.
   *
   * ```typescript
   * await ctx.updateSession(session => {
   *   session.visits = (session.visits ?? 0) + 1;
   * });
   * ```
   *
   * @param update changes the values that it is given, or returns others in a
   *   plain object; it may be called more than once
   * @returns the session as it is now
   * @throws {SessionEndedError} 409: the session has ended or moved in the meantime
   * @throws {SessionStoreError} 503: the store failed; the change may have
   *   been stored, and is not tried again
   * @throws {SessionValueError} 500: a value can't be stored
   * @throws {SessionSizeError} 500: the session would be larger than `maxBytes`
   * @throws {SessionCookieError} 500: there is no session, and no cookie can be
   *   sent for a new one
   * @throws {TypeError} if `update` changed the session and returned another,
   *   or called `updateSession()` itself
   */
  updateSession(
    update: (session: SessionOf<SessionData>) => Awaitable<SessionOf<SessionData> | void>,
  ): Promise<SessionOf<SessionData>>;

  /**
   * Reads the session again, for a handler that runs for long: a stream, a
   * WebSocket, a poll that waits. What this request has changed in `ctx.session`
   * and not stored yet stays, key by key, on top of what is stored now. An object
   * that was assigned to `ctx.session` stays as it is.
   *
   * Always reads the store, also if it has a cache. Does not prolong the session.
   * In a request without a session it does nothing.
   *
   * ```typescript
   * const { theme } = await ctx.reloadSession();
   * ```
   *
   * @returns the session as it is now
   * @throws {SessionEndedError} 409: the session has ended or moved in the meantime
   * @throws {SessionStoreError} 503: the store failed
   * @throws {SessionValueError} 500: the request has changed a value to one that
   *   can't be stored
   * @throws {TypeError} if called within the function of `updateSession()`
   */
  reloadSession(): Promise<SessionOf<SessionData>>;

  /**
   * Calls a function that no other request of this session runs at the same time,
   * if it names the same key: in this process, and with the stores for SQLite, Redis,
   * PostgreSQL and MySQL in all processes that share the store. Requests that come
   * meanwhile wait, and find the session as it is afterwards.
   *
   * ```typescript
   * const token = await ctx.exclusive('access token', async () => {
   *   if (isExpired(ctx.session.tokens)) ctx.session.tokens = await refresh(ctx.session.tokens);
   *   return ctx.session.tokens.access;
   * });
   * ```
   *
   * Reads the session before the call, as `reloadSession()` does, and stores what has
   * changed after it, as `saveSession()` does. In a request without a session, there
   * is nothing to wait for, and nothing is stored before the end of the request.
   *
   * @param key names what is done; other keys don't wait for each other
   * @param task is given a signal that fires if the lock was lost
   * @param options how long to wait, and what happens when a process dies
   * @returns what `task` returned
   * @throws {SessionLockError} 503: others held the lock for too long, or it was lost
   *   while `task` ran: then nothing is stored
   * @throws {SessionEndedError} 409: the session has ended or moved in the meantime
   * @throws {SessionStoreError} 503: the store failed
   * @throws {SessionValueError} 500: a value can't be stored
   * @throws {SessionSizeError} 500: the session would be larger than `maxBytes`
   * @throws {SessionCookieError} 500: as from `saveSession()`
   * @throws {TypeError} for a wrong argument; or if called within a function of the
   *   same key, or within the function of `updateSession()`
   */
  exclusive<T>(
    key: string, task: (signal: AbortSignal) => Awaitable<T>, options?: ExclusiveOptions,
  ): Promise<Awaited<T>>;

  /**
   * Stores the session now instead of at the end of the request, for instance
   * while a WebSocket is open. May be called any number of times; only what
   * has changed since is written again.
   *
   * @throws {SessionEndedError} 409: the session has ended or moved in the meantime
   * @throws {SessionStoreError} 503: the store failed
   * @throws {SessionValueError} 500: a value can't be stored
   * @throws {SessionSizeError} 500: the session would be larger than `maxBytes`
   * @throws {SessionCookieError} 500: in a WebSocket, or after the response has
   *   left, since a new id can't be sent to the browser
   */
  saveSession(): Promise<void>;

  /**
   * Returns the CSRF token of the session, for a form's `csrf-token` field or
   * an `X-CSRF-Token` header.
   *
   * It is valid until the visitor signs in or out: in a request that does so,
   * call this method afterwards. A visitor who is not signed in gets a cookie
   * for the form alone, and nothing is stored. With several session middlewares
   * around the handler, the result has a token of each, joined by dots.
   *
   * @param options `masked: true` for an equally valid token that looks different
   *   each time, for compressed pages that also show what a visitor has sent (the
   *   BREACH attack)
   * @throws {SessionStoreError} 503: the store failed to make an id
   * @throws {SessionCookieError} 500: a cookie is needed, and none can be sent
   */
  getCsrf(options?: { masked?: boolean }): Promise<string>;

  /**
   * Checks a CSRF token.
   *
   * @param token by default, the member `csrf-token` of the parsed request
   *   body, or else the `X-CSRF-Token` header
   * @throws {CsrfError} 403: the token is missing or wrong
   */
  validateCsrf(token?: string): void;

  /**
   * Leaves a message for the next page that calls `ctx.flashes()`, in this
   * request or in a later one of the same browser. It waits for 300 seconds,
   * through redirects, sign-ins and sign-outs, and is no part of the session.
   * It is stored at the end of the request, after the session.
   *
   * @param kind such as `'notice'`
   * @param message any value that JSON can represent
   * @throws {SessionValueError} 500: the message can't be stored
   * @throws {SessionSizeError} 500: these are more than 20 messages, or 16,384
   *   bytes of them, in one request
   * @throws {SessionCookieError} 500: no cookie can be sent
   * @throws {TypeError} for a wrong kind
   */
  flash<Kind extends FlashKind>(kind: Kind, message: FlashValue<Kind>): void;

  /**
   * Returns the messages that are waiting in this browser, and those that this
   * request has left itself, first to last. No other call returns them again.
   *
   * With the option `user`, a message that was left in a user's session is
   * returned to that user alone. A prefetch and a HEAD request get none, and
   * leave all where they are; so does a failure of the store.
   */
  flashes(): Promise<FlashMessage[]>;

}

declare module '@curveball/kernel' {

  // The type parameters must be those of the class that this merges with.
  // biome-ignore lint/suspicious/noExplicitAny: as the kernel has them
  interface Context<ReqT = any, ResT = any> extends SessionContext {}

}
