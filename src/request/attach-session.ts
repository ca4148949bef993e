import type { RequestSession } from './request-session.js';

const REQUEST = Symbol('@curveball/session');
const INNERMOST = Symbol('@curveball/session innermost');

/** A context of any framework, of any class. */
export interface AttachedContext {
  [REQUEST]?: RequestSession | undefined;
  [INNERMOST]?: RequestSession;
  readonly webSocket?: unknown;
}

/** Properties and methods that a context gets. They ask the session of its request. */
export type ContextMembers = PropertyDescriptorMap & ThisType<AttachedContext>;

/**
 * Attaches a session to a context, and gives the context the members that ask it.
 *
 * @param members defined once for all contexts of a class
 */
export function attachSession(ctx: AttachedContext, request: RequestSession, members: ContextMembers): void {

  if (!(REQUEST in ctx)) defineMembers(ctx, members);
  if (request.outer) ctx[INNERMOST] = request;
  ctx[REQUEST] = request;

}

/**
 * Gives a context back to the outer middleware. Code that runs after the outermost
 * one, such as a streamed body, belongs to the innermost handler and must find the
 * same session as that did, not one of an outer middleware. So must the listeners of
 * a WebSocket, which may run at any time.
 */
export function detachSession(ctx: AttachedContext, { outer }: RequestSession): void {

  if (outer && ctx.webSocket) return;
  ctx[REQUEST] = outer ?? ctx[INNERMOST] ?? ctx[REQUEST];

}

/** Returns the session of the middleware that the request entered last, if any. */
export function attachedTo(ctx: AttachedContext): RequestSession | undefined {

  return ctx[REQUEST];

}

/** Makes a property whose value is a method that also works without its context: `const { getCsrf } = ctx`. */
export function method(name: string, of: (request: RequestSession) => unknown): PropertyDescriptor & ThisType<AttachedContext> {

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

/** `ctx.session` and the other members that read or change a session. */
export const sessionMembers: ContextMembers = {

  session: {
    configurable: true,
    get() {
      return this[REQUEST]?.values;
    },
    set(values: unknown) {
      const request = this[REQUEST];
      if (!request) return replace(this, 'session', values);
      request.values = values as typeof request.values;
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
      request.session.regenerate();
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

  sessionEnded: {
    configurable: true,
    get() {
      return this[REQUEST]?.ended;
    },
    set(value: unknown) {
      replace(this, 'sessionEnded', value);
    },
  },

  authenticated: method('authenticated', request => request.authenticated.bind(request)),
  updateSession: method('updateSession', request => request.update.bind(request)),
  reloadSession: method('reloadSession', request => request.reload.bind(request)),
  saveSession: method('saveSession', request => request.save.bind(request)),

};

/** Makes a member an ordinary property: without a session, or if a test assigns a stand-in. */
function replace(ctx: object, name: string, value: unknown): void {

  Object.defineProperty(ctx, name, { value, writable: true, enumerable: true, configurable: true });

}

/**
 * Defines members once for all contexts of a class. Doing so on each context would
 * cost more than the rest of an anonymous request.
 */
function defineMembers(ctx: AttachedContext, members: ContextMembers): void {

  const prototype = Object.getPrototypeOf(ctx);
  const isClass = prototype !== null && prototype !== Object.prototype;
  // Another copy of this package may have defined them on the class already.
  const target = isClass && !Object.hasOwn(prototype, 'session') ? prototype : ctx;
  Object.defineProperties(target, members);
  Object.defineProperty(target, REQUEST, { value: undefined, writable: true });

}
