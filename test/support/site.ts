import { Application, type Context, type Middleware } from '@curveball/kernel';
import session, { type Awaitable, MemoryStore, type SessionOptions, type SessionStore } from '../../src/index.js';
import { Browser } from './browser.js';

// biome-ignore lint/suspicious/noExplicitAny: sessions of tests hold anything
type Values = any;

/** A context whose session has no types, whatever an example declares for its own. */
export type PageContext = Omit<Context, 'session' | 'reloadSession' | 'updateSession'> & {
  session: Values;
  reloadSession(): Promise<Values>;
  updateSession(update: (session: Values) => Awaitable<Values>): Promise<Values>;
};

/** The handler of a path: its result, if any, is the body. */
export type Page = (ctx: PageContext) => unknown;

export interface Site<Store> {
  app: Application;
  browser: Browser;
  store: Store;
  /** The errors that passed through the session middleware, and became a status. */
  errors: unknown[];
}

/** An application with sessions, its store, and a browser. */
export function site<Store extends SessionStore = MemoryStore>(
  pages: Record<string, Page>,
  options: Omit<Partial<SessionOptions>, 'store'> & { store?: Store } = {},
): Site<Store> {

  const store = (options.store ?? new MemoryStore()) as Store;
  const errors: unknown[] = [];
  const app = new Application();
  app.use(errorsToStatus(errors), session({ ...options, store }), pageOf(pages));
  return { app, browser: new Browser(app), store, errors };

}

/** Answers an error with its status, as `@curveball/problem` does, but quietly. */
export function errorsToStatus(errors: unknown[] = []): Middleware {

  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      errors.push(error);
      ctx.response.status = (error as { httpStatus?: number }).httpStatus ?? 500;
      ctx.response.body = String(error);
    }
  };

}

/** Answers each path with its page. */
export function pageOf(pages: Record<string, Page>): Middleware {

  return async ctx => {
    const page = pages[ctx.path];
    if (!page) throw new Error(`no page for ${ctx.path}`);
    ctx.response.status = 200;
    const body = await page(ctx as PageContext);
    if (body !== undefined) ctx.response.body = body as object;
  };

}
