import { Application } from '@curveball/core';
import type { Context } from '@curveball/kernel';
import type { WebSocket } from 'ws';
import session, { csrf, MemoryStore, type SessionOptions } from '../../../src/index.js';
import { errorsToStatus, pageOf, type Page } from '../../support/site.js';

export interface VictimOptions extends Omit<SessionOptions, 'store'> {
  store?: MemoryStore;
  /** Whether csrf() comes before the session; true by default. */
  protected?: boolean;
}

/** An application with a signed-in visitor, the target of the attacks. */
export function victim(origin: string, { store = new MemoryStore(), protected: isProtected = true, ...options }: VictimOptions): Application {

  const app = new Application();
  app.origin = origin;
  app.use(
    (ctx, next) => {
      // Firefox offers what has Curveball's own type, application/hal+json, as a download.
      if (!ctx.webSocket) ctx.response.type = 'text/html';
      return next();
    },
    errorsUnlessSocket,
    ...(isProtected ? [csrf()] : []),
    session({ store, user: 'user', ...options }),
    async (ctx, next) => {
      if (!ctx.webSocket) return next();
      const socket = ctx.webSocket as WebSocket;
      socket.send(String(ctx.session.user));
      socket.close();
    },
    pageOf(PAGES),
  );
  return app;

}

const PAGES: Record<string, Page> = {

  // Also by a link, so that tests are short.
  '/sign-in': ctx => { ctx.session.user = 'ada'; },

  '/': ctx => show(ctx, `<p>${ctx.session.user ?? 'nobody'}</p>`),

  /** A page that reads nothing, and that every site may frame. */
  '/blank': ctx => show(ctx, ''),

  /** Writes for every visitor, as a shop, a counter or a "last seen" does. */
  '/act': ctx => { ctx.session.acts = (ctx.session.acts ?? 0) + 1; },

  /** Leaves a message for the next page, and shows a form with a token. */
  '/sign-out': async ctx => {
    ctx.flash('notice', 'Bye');
    ctx.session = null;
    show(ctx, `<form method="post" action="/guarded"><input name="csrf-token" value="${await ctx.getCsrf()}"><button>Go</button></form>`);
  },

  '/messages': async ctx => show(ctx, `<p>${(await ctx.flashes()).map(({ message }) => message).join()}</p>`),

  /** Accepts only forms with the token of their visitor. */
  '/guarded': async ctx => ctx.validateCsrf(new URLSearchParams(await ctx.request.rawBody('utf-8')).get('csrf-token') ?? ''),

  /** A form to `/act`, or to the address in the query. */
  '/form': ctx => show(ctx, form(ctx.query.to ?? '/act')),

  '/form-without-referrer': ctx => {
    ctx.response.headers.set('Referrer-Policy', 'no-referrer');
    show(ctx, form('/act'));
  },

};

/** A form with one button, Go. */
export function form(to: string): string {

  return `<form method="post" action="${to}"><button>Go</button></form>`;

}

function show(ctx: Parameters<Page>[0], html: string): void {

  ctx.response.body = `<!doctype html><title>Victim</title>${html}`;

}

type Handler = (ctx: Context, next: () => Promise<void>) => Promise<void>;


/** Errors behind a WebSocket are not caught anywhere else. */
function errorsUnlessSocket(ctx: Context, next: () => Promise<void>): Promise<void> {

  return ctx.webSocket ? next() : (errorsToStatus() as Handler)(ctx, next);

}
