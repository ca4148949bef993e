import type { Page } from './site.js';

/** What most applications do with a session, one page each. */
export const PAGES: Record<string, Page> = {
  '/create': ctx => { ctx.session = { userId: 5 }; },
  '/read': ctx => ctx.session,
  '/visit': ctx => { ctx.session.visits = (ctx.session.visits ?? 0) + 1; },
  '/new-id': ctx => { ctx.sessionId = null; },
  '/end': ctx => { ctx.session = null; },
};
