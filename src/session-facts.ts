import type { SessionValues } from './base/store.js';

/** What a test client has to know of a session middleware that it finds in an application. */
export interface SessionFacts {
  readonly cookieName: string;
  readonly cookiePath: string;
  /** Without a slash at its end. */
  readonly basePath: string;
  /** Finds the user in a session's values; undefined without the option `user`. */
  readonly userOf: ((values: SessionValues) => string | null) | undefined;
}

// Registered, so that another copy of this package finds them, too.
const FACTS = Symbol.for('@curveball/session facts');

/** Notes the facts on a session middleware. */
export function withFacts<T extends object>(middleware: T, facts: SessionFacts): T {

  return Object.defineProperty(middleware, FACTS, { value: facts });

}

/** Returns the facts of a session middleware; undefined for anything else. */
export function factsOf(middleware: unknown): SessionFacts | undefined {

  return (middleware as { [FACTS]?: SessionFacts } | null | undefined)?.[FACTS];

}
