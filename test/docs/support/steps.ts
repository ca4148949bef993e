import type { Application } from '@curveball/core';
import type { Middleware } from '@curveball/kernel';
import type { SessionValues } from '../../../src/index.js';
import type { Visitor } from './browser.js';

/*
 * What scenarios need beside the example's own pages: a visitor with a session,
 * and a look into it. They add pages behind the session middleware, and remove
 * them again.
 */

/** Gives a visitor a session with these values. */
export async function begin(app: Application, visitor: Visitor, values: SessionValues): Promise<void> {

  await visit(app, visitor, ctx => {
    (ctx as { session: SessionValues }).session = structuredClone(values);
  });

}

/** The values of a visitor's session, as the next request sees them. */
export async function peek(app: Application, visitor: Visitor): Promise<SessionValues> {

  const text = await visit(app, visitor, ctx => {
    ctx.response.body = JSON.stringify(ctx.session);
  });
  return JSON.parse(text);

}

async function visit(
  app: Application, visitor: Visitor, handler: Extract<Middleware, (...args: never) => unknown>,
): Promise<string> {

  const page: Middleware = (ctx, next) => ctx.path === '/-step' ? handler(ctx, next) : next();
  // The first middleware is the session middleware, or catches errors before it.
  app.middlewares.splice(behindSession(app), 0, page);
  const answer = await visitor.get('/-step');
  app.middlewares.splice(app.middlewares.indexOf(page), 1);
  return answer.text;

}

/** The place of the first handler. */
function behindSession(app: Application): number {

  const asFunctions = app.middlewares as Array<{ name?: string }>;
  return (asFunctions.length > 1 && catchers.has(asFunctions[0]) ? 1 : 0) + 1;

}

const catchers = new WeakSet<object>();

/** Declares that an application's first middleware comes before the session middleware. */
export function firstCatchesErrors(app: Application): void {

  catchers.add(app.middlewares[0] as object);

}

/**
 * Holds the next request for a path after its session was loaded, before the
 * example's own code runs: other requests can come in between.
 */
export function hold(app: Application, path: string): { arrived: Promise<void>; release: () => void } {

  let arrive = () => {};
  let release = () => {};
  const arrived = new Promise<void>(resolve => {
    arrive = resolve;
  });
  const released = new Promise<void>(resolve => {
    release = resolve;
  });
  let held = false;
  app.middlewares.splice(behindSession(app), 0, async (ctx, next) => {
    if (ctx.path === path && !held) {
      held = true;
      arrive();
      await released;
    }
    await next();
  });
  return { arrived, release };

}
