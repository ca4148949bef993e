import type { Application, Middleware } from '@curveball/kernel';
import { known, record, wrong } from '../../base/option-checks.js';
import { factsOf, type SessionFacts } from '../../session-facts.js';

/** Names one session middleware, for applications that have several, or that call theirs from another middleware. */
export interface Through {

  /** The option `cookieName` of the session middleware. Without it, the application must have only one. */
  cookieName?: string | undefined;

  /** The session middleware itself, if it is not in `app.middlewares`: another middleware calls it. */
  middleware?: Middleware | undefined;

}

/** A session middleware, and what it is like. */
export interface Found {
  readonly middleware: Middleware;
  readonly facts: SessionFacts;
}

/** Returns the session middlewares of an application, outermost first. */
export function sessionsOf(app: Application): Found[] {

  return app.middlewares.flatMap(middleware => {
    const facts = factsOf(middleware);
    return facts ? [{ middleware, facts }] : [];
  });

}

/**
 * Returns the one session middleware that is meant.
 *
 * @throws {TypeError} if that is none, or not clear
 */
export function sessionOf(app: Application, { cookieName, middleware }: Through): Found {

  if (middleware !== undefined) {
    const facts = factsOf(middleware);
    if (!facts) throw wrong('middleware', middleware, 'must be what session() returned');
    return { middleware, facts };
  }
  const all = sessionsOf(app);
  if (all.length === 0) {
    throw new TypeError('The application has no session middleware in app.middlewares: name the one that another middleware calls by the option `middleware`');
  }
  const names = all.map(({ facts }) => facts.cookieName);
  const meant = cookieName === undefined ? all : all.filter(({ facts }) => facts.cookieName === cookieName);
  const [found, second] = meant;
  if (found && !second) return found;
  if (cookieName === undefined) throw new TypeError(`The application has ${all.length} session middlewares: name the cookie of one by the option \`cookieName\`: ${names.join(', ')}`);
  throw found
    ? new TypeError(`The application has several session middlewares with the cookie ${cookieName}: name one by the option \`middleware\``)
    : wrong('cookieName', cookieName, `must be the name of a session cookie of the application: ${names.join(', ')}`);

}

/** @throws {TypeError} that names the option, its value and what is allowed */
export function checkThrough(options: Through): void {

  record('options', options);
  known('option', options, ['cookieName', 'middleware']);

}

/** A path of the application that a cookie is sent to, as the application sees it. */
export function pathOf({ cookiePath, basePath }: SessionFacts): string {

  return cookiePath.startsWith(basePath) ? cookiePath.slice(basePath.length) || '/' : '/';

}
