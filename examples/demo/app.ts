import bodyParser from '@curveball/bodyparser';
import { Application, type Context } from '@curveball/core';
import problem from '@curveball/problem';
import route from '@curveball/router';
import session, { type SessionOptions } from '@curveball/session';
import { assets } from './assets.js';
import { errorPages } from './error-pages.js';
import { homePage, sendPage, signInPage } from './pages.js';

// What this application keeps in a session: ctx.session has these types everywhere.
declare module '@curveball/session' {
  interface SessionData {
    name: string;
    clicks: number;
    note: { text: string; savedAt: string };
  }
}

/** Makes the demo. Sessions are in memory, unless `options` name another store, as server.ts does. */
export function createApp(options: Partial<SessionOptions> = {}): Application {

  const app = new Application();
  app.use(
    errorPages,
    problem({ quiet: true }),
    // Before the session: a stylesheet has no use for one.
    ...assets,
    bodyParser(),
    session({ store: 'memory', ...options }),
    route('/').get(showHome),
    route('/sign-in').post(signIn),
    route('/sign-out').post(signOut),
    route('/note').post(saveNote),
    route('/clicks').post(countClick),
    route('/status').get(showStatus),
  );
  return app;

}

async function showHome(ctx: Context): Promise<void> {

  // A visitor gets a session here, since the sign-in form needs protection, too:
  // somebody else's site could sign the visitor in under a name of its choice.
  const csrf = await ctx.getCsrf();
  const { name, clicks = 0, note } = ctx.session;
  sendPage(ctx, name ? homePage({ csrf, name, clicks, note }) : signInPage(csrf));

}

async function signIn(ctx: Context): Promise<void> {

  ctx.validateCsrf();
  const name = field(ctx, 'name').trim().slice(0, 40);
  if (!name) {
    ctx.status = 422;
    sendPage(ctx, signInPage(await ctx.getCsrf(), 'Please enter a name.'));
    return;
  }
  // A new id at every sign-in: an id that somebody knew before is worthless now.
  ctx.sessionId = null;
  // A new object, so that nothing of whoever was signed in before stays.
  ctx.session = { name };
  ctx.redirect(303, '/');

}

function signOut(ctx: Context): void {

  // Signed out in another tab already? Then this one is done, too.
  if (ctx.session.name) {
    ctx.validateCsrf();
    ctx.session = null;
  }
  ctx.redirect(303, '/');

}

function saveNote(ctx: Context): void {

  requireUser(ctx);
  ctx.validateCsrf();
  // Only this key is written: clicks that are counted meanwhile stay counted.
  ctx.session.note = { text: field(ctx, 'note').trim().slice(0, 280), savedAt: new Date().toISOString() };
  ctx.redirect(303, '/');

}

async function countClick(ctx: Context): Promise<void> {

  requireUser(ctx);
  ctx.validateCsrf();
  // `ctx.session.clicks++` would lose clicks: of two requests that read the same
  // number, one would overwrite what the other wrote. This is called again instead.
  const { clicks } = await ctx.updateSession(latest => {
    latest.clicks = (latest.clicks ?? 0) + 1;
  });
  if (ctx.accepts('text/html', 'application/json') === 'application/json') {
    ctx.response.type = 'application/json';
    ctx.response.body = { clicks };
  } else {
    ctx.redirect(303, '/');
  }

}

/** Lets a page that is open in another tab find out who is signed in now. */
function showStatus(ctx: Context): void {

  ctx.response.type = 'application/json';
  ctx.response.body = { name: ctx.session.name ?? '' };

}

function requireUser(ctx: Context): void {

  if (!ctx.session.name) throw new SignedOutError('Sign in first');

}

class SignedOutError extends Error {

  // Not 401, which would have to name an HTTP authentication scheme.
  readonly httpStatus = 403;
  readonly title = 'You are signed out';

}

/** What a form sent. A field that was sent twice would be a list. */
function field(ctx: Context, name: string): string {

  const value: unknown = ctx.request.body?.[name];
  return typeof value === 'string' ? value : '';

}
