import type { RequestSession } from './request-session.js';

const REQUEST = Symbol('@curveball/session');
const INNERMOST = Symbol('@curveball/session innermost');

/** A context of the framework, of any class. */
export interface AttachedContext {
  [REQUEST]?: RequestSession | undefined;
  [INNERMOST]?: RequestSession;
  readonly webSocket?: unknown;
}

/** Members of a context, which ask its request's session. */
export type ContextMembers = PropertyDescriptorMap & ThisType<AttachedContext>;

/**
 * Gives a context its members, and a session to ask.
 *
 * @param members defined once for all contexts of a class
 */
export function attachSession(ctx: AttachedContext, request: RequestSession, members: ContextMembers): void {

  if (!(REQUEST in ctx)) defineMembers(ctx, members);
  if (request.outer) ctx[INNERMOST] = request;
  ctx[REQUEST] = request;

}

/**
 * Gives a context back to the middleware further out. What runs after the last
 * of them, as a body that is streamed, belongs to the innermost handler: it must
 * not find the session of other visitors. Nor must the listeners of a WebSocket,
 * which may run at any time.
 */
export function detachSession(ctx: AttachedContext, { outer }: RequestSession): void {

  if (outer && ctx.webSocket) return;
  ctx[REQUEST] = outer ?? ctx[INNERMOST] ?? ctx[REQUEST];

}

/** The session of the middleware that the request has come through last, if it has come through one. */
export function attachedTo(ctx: AttachedContext): RequestSession | undefined {

  return ctx[REQUEST];

}

/** A function that works without its context, too: `const { getCsrf } = ctx`. */
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

/** `ctx.session` and the other members that tell of a session and change it. */
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

  authenticated: method('authenticated', request => request.authenticated.bind(request)),
  updateSession: method('updateSession', request => request.update.bind(request)),
  saveSession: method('saveSession', request => request.save.bind(request)),

};

/** Where there is no session, or a test puts in a stand-in, these are properties like any other. */
function replace(ctx: object, name: string, value: unknown): void {

  Object.defineProperty(ctx, name, { value, writable: true, enumerable: true, configurable: true });

}

/**
 * Defines members once for all contexts of a class: on each context it would cost
 * more than the rest of an anonymous request.
 */
function defineMembers(ctx: AttachedContext, members: ContextMembers): void {

  const prototype = Object.getPrototypeOf(ctx);
  const isClass = prototype !== null && prototype !== Object.prototype;
  // Another copy of this package may have been first.
  const target = isClass && !Object.hasOwn(prototype, 'session') ? prototype : ctx;
  Object.defineProperties(target, members);
  Object.defineProperty(target, REQUEST, { value: undefined, writable: true });

}
