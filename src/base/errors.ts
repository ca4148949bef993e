import { plainError } from './plain-error.js';
import type { EndReason } from './store.js';
import type { UserSession } from './user-session.js';

/*
 * The errors of this package. Errors of a request are HTTP problems (RFC 9457)
 * in the shape of `@curveball/http-errors`; a wrong option is a `TypeError` when
 * the middleware is made.
 */

/** Any error of a request. `code` says which, also to TypeScript. */
export type SessionError =
  | AuthenticationError | CsrfError | SessionEndedError | SessionLimitError | SessionStoreError | SessionLockError | SessionValueError
  | SessionSizeError | SessionSchemaError | SessionCookieError;

/** What all errors of a request have in common. */
abstract class RequestError extends Error {

  /** A URI that names the kind of problem. */
  abstract readonly type: string;
  abstract readonly title: string;
  abstract readonly httpStatus: number;
  /** A stable name, for code. */
  abstract readonly code: string;
  /** The text that the response may show: it never contains values of a session or names of its keys. */
  readonly detail: string;
  readonly instance: string | null = null;

  /** @param message for logs; `detail`, if given, is the text for visitors */
  constructor(message: string, { detail = message, ...options }: ErrorOptions & { readonly detail?: string } = {}) {
    super(message, options);
    this.name = new.target.name;
    this.detail = detail;
  }

}

/** The base class of all errors of a request, for `instanceof`. */
export const SessionError = RequestError as abstract new (...args: never) => SessionError;

/** 403: the CSRF token was missing or wrong, or another site made the browser send the request. */
export class CsrfError extends RequestError {

  readonly type: string = 'https://curveball.org/errors/csrf-error';
  readonly title: string = 'CSRF Error';
  readonly httpStatus: number = 403;
  readonly code = 'ERR_SESSION_CSRF';

}

/** Why a session is over: someone or something ended it, or its time was over. */
export type SessionEndReason = EndReason | 'expired';

/**
 * 401: the request needs a user who proved a short time ago who they are. Nothing
 * of it was done. `signIn` is the address of the page for that, if it is known.
 */
export class AuthenticationError extends RequestError {

  readonly type: string = 'https://curveball.org/errors/session-authentication';
  readonly title: string = 'Authentication required';
  readonly httpStatus: number = 401;
  readonly code = 'ERR_SESSION_AUTHENTICATION';
  /** Seconds: how old the proof may be. */
  readonly within: number;
  readonly signIn: string | undefined;
  /** The challenge that a response with 401 must have (RFC 9110, 15.5.2), with the parameters of RFC 9470. */
  readonly wwwAuthenticate: string;

  constructor(detail: string, { within, signIn }: { readonly within: number; readonly signIn?: string | undefined }) {
    super(detail);
    this.within = within;
    this.signIn = signIn;
    this.wwwAuthenticate = `Cookie error="insufficient_user_authentication", max_age="${within}"`;
  }

}

/**
 * 409: the session had ended or moved to another id before this request's
 * change reached it (RFC 9110 section 15.5.10). Nothing of the change was
 * stored; the same request with the current cookie may succeed. Other effects
 * of the handler have happened.
 *
 * It is also the `reason` of `ctx.sessionSignal` once that has fired.
 */
export class SessionEndedError extends RequestError {

  readonly type: string = 'https://curveball.org/errors/session-ended';
  readonly title: string = 'Session ended';
  readonly httpStatus: number = 409;
  readonly code = 'ERR_SESSION_ENDED';
  /** Why the session is over; undefined if a change was refused, and no one has asked. */
  readonly reason: SessionEndReason | undefined;

  constructor(message: string, { reason, ...options }: ErrorOptions & { readonly reason?: SessionEndReason | undefined } = {}) {
    super(message, options);
    this.reason = reason;
  }

}

/**
 * 409: the user has as many sessions as `maxUserSessions` allows, and `atLimit` is
 * `'refuse'`. No one was signed in, and nothing was stored. `sessions` are those of
 * the user, as `UserSessions.list()` returns them: the visitor may choose one to end.
 */
export class SessionLimitError extends RequestError {

  readonly type: string = 'https://curveball.org/errors/session-limit';
  readonly title: string = 'Too many sessions';
  readonly httpStatus: number = 409;
  readonly code = 'ERR_SESSION_LIMIT';
  /** How many sessions a user may have. */
  readonly limit: number;
  readonly sessions: readonly UserSession[];

  constructor(limit: number, sessions: readonly UserSession[]) {
    super('The user has as many sessions as allowed: one must end before another can begin');
    this.limit = limit;
    this.sessions = sessions;
  }

}

/**
 * 503: the store failed or did not answer in time. `cause` has the name, the
 * message, the code and the stack of its error. What drivers add, such as the
 * command and its arguments, contains values of sessions and is left out. A
 * change may or may not have been stored; no cookie was set or cleared for it.
 */
export class SessionStoreError extends RequestError {

  readonly type: string = 'https://curveball.org/errors/session-store';
  readonly title: string = 'Session store unavailable';
  readonly httpStatus: number = 503;
  readonly code = 'ERR_SESSION_STORE';

  constructor(detail: string, options?: ErrorOptions) {
    super(detail, options?.cause === undefined ? undefined : { cause: plainError(options.cause) });
  }

}

/**
 * 503: `ctx.exclusive()` has waited too long for other requests of the session, and
 * its function was not called; or the process stood still for so long, or the store
 * failed for so long, that another request may have got the lock while the function
 * ran. What the function put into the session is not stored then.
 */
export class SessionLockError extends RequestError {

  readonly type: string = 'https://curveball.org/errors/session-lock';
  readonly title: string = 'Session locked';
  readonly httpStatus: number = 503;
  readonly code = 'ERR_SESSION_LOCK';

}

/**
 * 500: the application put something into the session that can't be stored.
 * What was stored before stays as it was. `path` leads to the value.
 */
export class SessionValueError extends RequestError {

  readonly type: string = 'https://curveball.org/errors/session-value';
  readonly title: string = 'Invalid session value';
  readonly httpStatus: number = 500;
  readonly code = 'ERR_SESSION_VALUE';
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path} ${problem}`, { detail: 'The application put something into the session that can\'t be stored' });
    this.path = path;
  }

}

/**
 * 500: a change would have made the session larger than `maxBytes`. What was
 * stored before stays as it was.
 */
export class SessionSizeError extends RequestError {

  readonly type: string = 'https://curveball.org/errors/session-size';
  readonly title: string = 'Session too large';
  readonly httpStatus: number = 500;
  readonly code = 'ERR_SESSION_SIZE';

  constructor(message: string) {
    super(message, { detail: 'The session would be larger than allowed' });
  }

}

/**
 * 500: the stored values do not fit the schema, and `mismatch` is `'error'`.
 * They stay stored. `paths` lead to the values that do not fit.
 */
export class SessionSchemaError extends RequestError {

  readonly type: string = 'https://curveball.org/errors/session-schema';
  readonly title: string = 'Session of another shape';
  readonly httpStatus: number = 500;
  readonly code = 'ERR_SESSION_SCHEMA';
  readonly paths: readonly string[];

  constructor(message: string, paths: readonly string[]) {
    super(message, { detail: 'The stored session does not fit its schema' });
    this.paths = paths;
  }

}

/**
 * 500: a session had to be created or to get a new id where no cookie can be
 * sent any more: in a WebSocket, or after the response has left.
 */
export class SessionCookieError extends RequestError {

  readonly type: string = 'https://curveball.org/errors/session-cookie';
  readonly title: string = 'No cookie can be sent';
  readonly httpStatus: number = 500;
  readonly code = 'ERR_SESSION_COOKIE';

}
