import type { Context } from '@curveball/kernel';

/**
 * What one request does to its session, and what it asks for by that, in words
 * that the invariants understand.
 */
export interface Action {
  readonly name: string;
  readonly handle: (ctx: Context, request: string) => unknown;
  /** Sets the top-level key {@link keyOf} of its own, and {@link SHARED_KEY}. */
  readonly sets?: true;
  /** Removes the key `gone`. */
  readonly unsets?: true;
  /** Adds so much to `count`, with `updateSession`. */
  readonly counts?: number;
  /** Asks for a new id. */
  readonly rotates?: true;
  /** Ends the session, whatever is in it. */
  readonly ends?: true;
  /** Removes every key that it found. */
  readonly empties?: true;
  /** Reads with `updateSession`, which reports an ended session. */
  readonly looks?: true;
  /** Stores in more than one step: an error can come after a part was stored. */
  readonly inSteps?: true;
}

/** The values of every session of a scenario at first. */
export const FIRST_VALUES = { kept: 'yes', gone: 'not yet', count: 0 };

/** The key that only this request sets. */
export function keyOf(request: string): string {

  return `by-${request}`;

}

/** The key that every request sets which sets any. */
export const SHARED_KEY = 'user';

export const read: Action = {
  name: 'read',
  handle: ctx => ctx.session.kept,
};

export const change: Action = {
  name: 'change',
  sets: true,
  handle: set,
};

export const remove: Action = {
  name: 'remove',
  unsets: true,
  handle: ctx => {
    delete ctx.session.gone;
  },
};

export const count: Action = {
  name: 'count',
  counts: 1,
  handle: ctx => ctx.updateSession(increment),
};

export const look: Action = {
  name: 'look',
  looks: true,
  handle: ctx => ctx.updateSession(() => {}),
};

export const destroy: Action = {
  name: 'destroy',
  ends: true,
  handle: ctx => {
    ctx.session = null;
  },
};

export const empty: Action = {
  name: 'empty',
  empties: true,
  handle: ctx => {
    for (const key of Object.keys(ctx.session)) delete ctx.session[key];
  },
};

export const regenerate: Action = {
  name: 'regenerate',
  rotates: true,
  handle: ctx => {
    ctx.sessionId = null;
  },
};

export const signIn: Action = {
  name: 'sign in',
  rotates: true,
  sets: true,
  handle: (ctx, request) => {
    ctx.sessionId = null;
    set(ctx, request);
  },
};

export const changeAndCount: Action = {
  name: 'change and count',
  sets: true,
  counts: 1,
  handle: async (ctx, request) => {
    set(ctx, request);
    await ctx.updateSession(increment);
  },
};

export const countAndChange: Action = {
  name: 'count and change',
  sets: true,
  counts: 1,
  inSteps: true,
  handle: async (ctx, request) => {
    await ctx.updateSession(increment);
    set(ctx, request);
  },
};

export const countTwiceAtOnce: Action = {
  name: 'count twice at once',
  counts: 2,
  inSteps: true,
  handle: ctx => Promise.all([ctx.updateSession(increment), ctx.updateSession(increment)]),
};

export const regenerateAndChange: Action = {
  name: 'regenerate, save and change',
  rotates: true,
  sets: true,
  inSteps: true,
  handle: async (ctx, request) => {
    ctx.sessionId = null;
    await ctx.saveSession();
    set(ctx, request);
  },
};

export const regenerateAndCount: Action = {
  name: 'regenerate and count',
  rotates: true,
  counts: 1,
  inSteps: true,
  handle: async ctx => {
    ctx.sessionId = null;
    await ctx.updateSession(increment);
  },
};

export const changeAndReload: Action = {
  name: 'change, reload and change',
  sets: true,
  handle: async (ctx, request) => {
    ctx.session[keyOf(request)] = request;
    await ctx.reloadSession();
    ctx.session[SHARED_KEY] = request;
  },
};

export const saveWhileCounting: Action = {
  name: 'save while counting',
  sets: true,
  counts: 1,
  inSteps: true,
  handle: async (ctx, request) => {
    set(ctx, request);
    await Promise.all([ctx.saveSession(), ctx.updateSession(increment)]);
  },
};

export const changeWhileCounting: Action = {
  name: 'change while counting',
  sets: true,
  counts: 1,
  inSteps: true,
  handle: async (ctx, request) => {
    const counted = ctx.updateSession(increment);
    set(ctx, request);
    await counted;
  },
};

export const destroyWhileSaving: Action = {
  name: 'destroy while saving',
  sets: true,
  ends: true,
  inSteps: true,
  handle: async (ctx, request) => {
    set(ctx, request);
    const saved = ctx.saveSession();
    ctx.session = null;
    await saved;
  },
};

export const regenerateWhileSaving: Action = {
  name: 'regenerate while saving',
  rotates: true,
  sets: true,
  inSteps: true,
  handle: async (ctx, request) => {
    set(ctx, request);
    const saved = ctx.saveSession();
    ctx.sessionId = null;
    await saved;
  },
};

export const regenerateTwiceAtOnce: Action = {
  name: 'regenerate and save twice at once',
  rotates: true,
  sets: true,
  inSteps: true,
  handle: (ctx, request) => {
    ctx.sessionId = null;
    set(ctx, request);
    return Promise.all([ctx.saveSession(), ctx.saveSession()]);
  },
};

/** Signs the one user in, where the option `user` names the key `owner`. */
export const signInOwner: Action = {
  name: 'sign in',
  handle: ctx => {
    ctx.session.owner = 'ada';
  },
};

export const signInOwnerByUpdate: Action = {
  name: 'sign in with updateSession()',
  handle: ctx => ctx.updateSession(values => {
    values.owner = 'ada';
  }),
};

/** The actions that any two requests of one browser may take at once. */
export const ACTIONS: readonly Action[] = [
  read, change, remove, count, destroy, empty, regenerate, signIn,
];

/** Those that store more than once. */
export const LONG_ACTIONS: readonly Action[] = [
  changeAndCount, countAndChange, changeAndReload, regenerateAndChange, regenerateAndCount, saveWhileCounting,
  changeWhileCounting, destroyWhileSaving, regenerateWhileSaving, regenerateTwiceAtOnce,
];

function set(ctx: Context, request: string): void {

  ctx.session[keyOf(request)] = request;
  ctx.session[SHARED_KEY] = request;

}

function increment(values: { count?: number }): void {

  values.count = (values.count ?? 0) + 1;

}
