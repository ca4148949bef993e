import { Context } from '@curveball/kernel';
import type { RequestSession } from './request-session.js';
import type { SessionValues } from './store.js';

const REQUEST = Symbol('@curveball/session');

type WithSession = Context & { [REQUEST]?: RequestSession | undefined };

/**
 * Gives a context its `session`, `sessionId` and functions.
 *
 * @returns what the context had before, from a middleware further out
 */
export function attachSession(ctx: Context, request: RequestSession | undefined): RequestSession | undefined {

  const target: WithSession = ctx;
  const before = target[REQUEST];
  target[REQUEST] = request;
  if (!(ctx instanceof Context && prototypeIsOurs)) defineProperties(ctx);
  return before;

}

/** What `ctx` offers. Functions work without their context, too: `const { getCsrf } = ctx`. */
const offered: Record<string, { get(request: RequestSession): unknown; set?(request: RequestSession, value: unknown): void }> = {

  session: {
    get(request) {
      request.use();
      return request.session.values;
    },
    set(request, value) {
      request.use();
      request.session.values = value as SessionValues | null;
    },
  },

  sessionId: {
    get: request => request.session.regenerate ? null : request.session.id,
    set(request, value) {
      if (value !== null && value !== undefined) {
        throw new TypeError(`ctx.sessionId can't be set to a ${typeof value}: only null is allowed, which asks for a new id`);
      }
      request.use();
      request.session.regenerate = true;
    },
  },

  updateSession: { get: request => request.update.bind(request) },
  saveSession: { get: request => async () => request.save() },
  getCsrf: { get: request => request.getCsrf.bind(request) },
  validateCsrf: { get: request => request.validateCsrf.bind(request) },

};

function defineProperties(target: object): void {

  for (const [name, { get, set }] of Object.entries(offered)) {
    Object.defineProperty(target, name, {
      configurable: true,
      get(this: WithSession) {
        const request = this[REQUEST];
        return request && get(request);
      },
      set(this: WithSession, value: unknown) {
        const request = this[REQUEST];
        if (request && set) {
          set(request, value);
        } else {
          // Somebody's own property of that name, for instance a test's stand-in.
          Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
        }
      },
    });
  }

}

// Once for all requests: to define them on each context would cost more than the
// rest of an anonymous request. Another copy of this package may have been first.
const prototypeIsOurs = !Object.hasOwn(Context.prototype, 'session');
if (prototypeIsOurs) defineProperties(Context.prototype);
