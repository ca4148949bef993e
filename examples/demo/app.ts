import bodyParser from '@curveball/bodyparser';
import { Application } from '@curveball/core';
import problem from '@curveball/problem';
import route from '@curveball/router';
import session, { csrf, MemoryStore, type SessionOptions, type SessionStore, UserSessions } from '@curveball/session';
import { assets } from './assets.js';
import { endDevice, endOtherDevices, showDevices } from './devices.js';
import { errorPages } from './error-pages.js';
import { countClick, saveNote, showHome } from './home.js';
import { sendEvents } from './live.js';
import { isProved, prove, showProof } from './proof.js';
import { signIn, signOut } from './sign-in.js';

// What this application keeps in a session, and what it tells visitors on the next page:
// ctx.session, ctx.flash() and ctx.flashes() have these types everywhere.
declare module '@curveball/session' {
  interface SessionData {
    name: string;
    clicks: number;
    note: string;
  }
  interface FlashMessages {
    done: string;
  }
}

export interface DemoOptions extends Omit<SessionOptions, 'store'> {
  /** Sessions are in memory, unless this is another store, as in server.ts. */
  store?: SessionStore;
}

/** Makes the demo. */
export function createApp({ store = new MemoryStore(), ...options }: DemoOptions = {}): Application {

  const app = new Application();
  // Finds and ends all sessions of a user.
  const sessions = new UserSessions(store);
  app.use(
    errorPages,
    problem({ quiet: true }),
    // Before the session: a stylesheet needs none.
    ...assets,
    // Refuses requests that other sites make a visitor's browser send. The token in the forms
    // is for browsers that do not say where a request comes from.
    csrf(),
    bodyParser(),
    session({
      store,
      // Whose session it is. When this key is set, the session gets a new id: an attacker who knew the old one can't use it.
      user: 'name',
      // One sign-in more ends the session that was not used for the longest time.
      maxUserSessions: 10,
      // A page opens this stream by itself. It does not keep a session alive that its visitor has left.
      passive: ctx => ctx.path === '/events',
      ...options,
    }),
    route('/').get(ctx => showHome(ctx, sessions)),
    route('/clicks').post(countClick),
    route('/note').post(saveNote),
    route('/sign-in').post(signIn),
    route('/sign-out').post(signOut),
    route('/events').get(sendEvents),
    route('/prove').get(ctx => showProof(ctx)).post(prove),
    route('/devices').get(isProved, ctx => showDevices(ctx, sessions)),
    route('/devices/end').post(isProved, ctx => endDevice(ctx, sessions)),
    route('/devices/end-others').post(isProved, ctx => endOtherDevices(ctx, sessions)),
  );
  return app;

}
