import type { Context } from '@curveball/kernel';
import type { RequestSession } from './request-session.js';
import type { SessionValues } from '../base/store.js';

const REQUEST = Symbol('@curveball/session');
const INNERMOST = Symbol('@curveball/session innermost');

type WithSession = Context & { [REQUEST]?: RequestSession | undefined; [INNERMOST]?: RequestSession };

/**
 * Gives a context its `session`, `sessionId` and functions.
 *
 * @returns what the context had before, from a middleware further out
 */
export function attachSession(ctx: Context, request: RequestSession): RequestSession | undefined {

  if (!(REQUEST in ctx)) defineProperties(ctx);
  const target: WithSession = ctx;
  const before = target[REQUEST];
  target[REQUEST] = request;
  if (before) target[INNERMOST] = request;
  return before;

}

/**
 * Gives a context back to the middleware further out. What runs after the last
 * of them, as a body that is streamed, is of the innermost handler: it must not
 * find the session of other visitors. Nor must the listeners of a WebSocket,
 * which may run at any time.
 */
export function detachSession(ctx: Context, outer: RequestSession | undefined): void {

  const target: WithSession = ctx;
  if (outer && ctx.webSocket) return;
  target[REQUEST] = outer ?? target[INNERMOST] ?? target[REQUEST];

}

/** The session of the middleware that the request has come through last, if it has. */
export function attachedTo(ctx: Context): RequestSession | undefined {

  return (ctx as WithSession)[REQUEST];

}

const properties: PropertyDescriptorMap & ThisType<WithSession> = {

  session: {
    configurable: true,
    get() {
      const request = this[REQUEST];
      if (!request) return undefined;
      request.use();
      return request.session.values;
    },
    set(values: SessionValues | null) {
      const request = this[REQUEST];
      if (!request) return replace(this, 'session', values);
      request.use();
      request.session.values = values;
    },
  },

  sessionId: {
    configurable: true,
    get() {
      return this[REQUEST]?.id;
    },
    set(id: unknown) {
      const request = this[REQUEST];
      if (!request) return replace(this, 'sessionId', id);
      if (id !== null && id !== undefined) {
        throw new TypeError(`ctx.sessionId can't be set to a ${typeof id}: only null is allowed, which asks for a new id`);
      }
      request.use();
      request.session.regenerate = true;
    },
  },

  sessionInfo: {
    configurable: true,
    get() {
      return this[REQUEST]?.info;
    },
    set(value: unknown) {
      replace(this, 'sessionInfo', value);
    },
  },

  authenticated: method('authenticated', request => request.authenticated.bind(request)),
  updateSession: method('updateSession', request => request.update.bind(request)),
  saveSession: method('saveSession', request => request.save.bind(request)),
  getCsrf: method('getCsrf', request => request.getCsrf.bind(request)),
  validateCsrf: method('validateCsrf', request => request.validateCsrf.bind(request)),

};

/** A function that works without its context, too: `const { getCsrf } = ctx`. */
function method(name: string, of: (request: RequestSession) => unknown): PropertyDescriptor & ThisType<WithSession> {

  return {
    configurable: true,
    get() {
      const request = this[REQUEST];
      return request && of(request);
    },
    set(value: unknown) {
      replace(this, name, value);
    },
  };

}

/** Where no session is, or a test puts in a stand-in, these are properties like any other. */
function replace(ctx: Context, name: string, value: unknown): void {

  Object.defineProperty(ctx, name, { value, writable: true, enumerable: true, configurable: true });

}

/**
 * Defines them once for all contexts of a class: on each context it would cost
 * more than the rest of an anonymous request.
 */
function defineProperties(ctx: Context): void {

  const prototype = Object.getPrototypeOf(ctx);
  const isClass = prototype !== null && prototype !== Object.prototype;
  // Another copy of this package may have been first.
  const target = isClass && !Object.hasOwn(prototype, 'session') ? prototype : ctx;
  Object.defineProperties(target, properties);
  Object.defineProperty(target, REQUEST, { value: undefined, writable: true });

}
