import bodyParser from '@curveball/bodyparser';
import { Application, type Context } from '@curveball/core';
import problem from '@curveball/problem';
import route from '@curveball/router';
import session, { type Authentication, csrf, MemoryStore, type SessionOptions, type SessionStore } from '@curveball/session';
import { assets } from './assets.js';
import { Devices } from './devices.js';
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

export interface DemoOptions extends Omit<SessionOptions, 'store'> {
  /** Sessions are in memory, unless this is another store, as in server.ts. */
  store?: SessionStore;
}

/** How many seconds a remembered device may stay away. */
const REMEMBERED = 30 * 86_400;

/** Makes the demo. */
export function createApp({ store = new MemoryStore(), ...options }: DemoOptions = {}): Application {

  const app = new Application();
  const devices = new Devices(store);
  app.use(
    errorPages,
    problem({ quiet: true }),
    // Before the session: a stylesheet needs none.
    ...assets,
    // Refuses requests that other sites make a visitor's browser send. The token in the forms
    // is for browsers that do not say where a request comes from.
    csrf(),
    bodyParser(),
    // With the option `user`, a sign-in gives a new id automatically, and the store finds the user's sessions.
    session({ store, ...(devices.areKnown && { user: 'name', maxUserSessions: 10 }), ...options }),
    route('/').get(ctx => showHome(ctx, devices)),
    route('/sign-in').post(ctx => signIn(ctx, devices)),
    route('/sign-out').post(signOut),
    route('/note').post(saveNote),
    route('/clicks').post(countClick),
    route('/devices/end').post(ctx => endDevice(ctx, devices)),
    route('/devices/end-others').post(ctx => endOtherDevices(ctx, devices)),
    route('/status').get(showStatus),
  );
  return app;

}

async function showHome(ctx: Context, devices: Devices): Promise<void> {

  // The sign-in form needs protection, too: another site could sign the visitor
  // in under a name of its choice. No session is stored for the token.
  const token = await ctx.getCsrf();
  const { name, clicks = 0, note } = ctx.session;
  if (!name) return sendPage(ctx, signInPage(token, devices.areKnown));
  sendPage(ctx, homePage({ csrf: token, name, clicks, note, devices: await devices.list(ctx, name) }));

}

async function signIn(ctx: Context, devices: Devices): Promise<void> {

  const name = field(ctx, 'name').trim().slice(0, 40);
  if (!name) {
    ctx.status = 422;
    sendPage(ctx, signInPage(await ctx.getCsrf(), devices.areKnown, 'Please enter a name.'));
    return;
  }
  // A new object, so that no data of an earlier user stays.
  ctx.session = { name };
  // The session gets a new id: an attacker who knew the old one can't use it.
  ctx.authenticated(devices.areKnown ? info(ctx, devices) : {});
  ctx.redirect(303, '/');

}

/** What the session keeps about a sign-in. */
function info(ctx: Context, devices: Devices): Authentication {

  const isRemembered = field(ctx, 'remember') === 'yes';
  return { persistent: isRemembered, expiry: isRemembered ? REMEMBERED : undefined, metadata: devices.describe(ctx) };

}

function signOut(ctx: Context): void {

  // If another tab has already signed out, this does nothing.
  ctx.session = null;
  ctx.redirect(303, '/');

}

function saveNote(ctx: Context): void {

  requireUser(ctx);
  // Only this key is written: clicks that other requests count in the meantime stay counted.
  ctx.session.note = { text: field(ctx, 'note').trim().slice(0, 280), savedAt: new Date().toISOString() };
  ctx.redirect(303, '/');

}

async function countClick(ctx: Context): Promise<void> {

  requireUser(ctx);
  // `ctx.session.clicks++` would lose clicks: of two requests that read the same
  // number, one would overwrite the other's. This function is called again instead.
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

async function endDevice(ctx: Context, devices: Devices): Promise<void> {

  const user = requireUser(ctx);
  await devices.end(user, field(ctx, 'handle'));
  ctx.redirect(303, '/#devices');

}

async function endOtherDevices(ctx: Context, devices: Devices): Promise<void> {

  const user = requireUser(ctx);
  await devices.endOthers(ctx, user);
  ctx.redirect(303, '/#devices');

}

/** Lets a page that is open in another tab find out who is signed in now. */
function showStatus(ctx: Context): void {

  ctx.response.type = 'application/json';
  ctx.response.body = { name: ctx.session.name ?? '' };

}

function requireUser(ctx: Context): string {

  if (!ctx.session.name) throw new SignedOutError('Sign in first');
  return ctx.session.name;

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
