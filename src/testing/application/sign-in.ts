import type { Application } from '@curveball/kernel';
import { record, wrong } from '../../base/option-checks.js';
import type { Authentication } from '../../info/session-details.js';
import type { SessionData, SessionOf } from '../../values/session-data.js';
import { sessionOf, type Through } from './session-middlewares.js';
import { Visitor } from './visitor.js';

/** How a visitor signs in: what the handler would pass to `ctx.authenticated()`, and through which session middleware. */
export interface SignInOptions extends Authentication, Through {}

/** Returns a visitor without cookies. */
export function visit(app: Application): Visitor {

  if (!Array.isArray(app?.middlewares) || typeof app.subRequest !== 'function') throw wrong('app', app, 'must be an Application of Curveball');
  return new Visitor(app);

}

/**
 * Returns a visitor who is signed in with these values in the session.
 *
 * The sign-in is a request through the session middleware of the application, so the
 * session is what a sign-in of the application makes: with its user, new id, lifetimes,
 * limit, encryption and cookie. A schema checks the values when the next request loads
 * them. The application's other middlewares and handlers are not called.
 *
 * @param values what a handler would assign to `ctx.session`; with the option `user`,
 *   they must name one
 * @throws {TypeError} for a wrong argument, or if the application has no session
 *   middleware, or several and none was named
 * @throws {Error} if a browser would not keep the cookie
 */
export async function signIn(app: Application, values: SessionOf<SessionData>, options: SignInOptions = {}): Promise<Visitor> {

  const visitor = visit(app);
  record('values', values);
  record('options', options);
  const { cookieName, middleware, ...authentication } = options;
  const through = { cookieName, middleware };
  const { facts } = sessionOf(app, through);
  if (facts.userOf && facts.userOf({ ...values }) === null) {
    throw new TypeError('signIn() was given values without a user, whom the option `user` of the session middleware finds there: for a visitor who is not signed in, use visit() and put the values in by run()');
  }
  await visitor.run(ctx => {
    ctx.session = { ...values };
    ctx.authenticated(authentication);
  }, through);
  if (visitor.cookies.get(facts.cookieName) === undefined) {
    throw new TypeError('signIn() was given values without any content, for which no session is stored: use visit() for a visitor without a session');
  }
  return visitor;

}
