import type { Context } from '@curveball/core';
import type { UserSession, UserSessions } from '@curveball/session';
import { devicesPage } from './devices-page.js';
import { sendPage } from './page.js';
import { field, requireUser, takeMessages } from './request.js';

/** One of the user's sessions, and whether it is that of this request. */
export interface Device extends UserSession {
  isThis: boolean;
}

/** The one of this request first, then the most recently used. */
export async function showDevices(ctx: Context, sessions: UserSessions): Promise<void> {

  const name = requireUser(ctx);
  const devices = (await sessions.list(name))
    .map(session => ({ ...session, isThis: session.handle === ctx.sessionInfo?.handle }))
    .sort((a, b) => Number(b.isThis) - Number(a.isThis));
  sendPage(ctx, devicesPage({ csrf: await ctx.getCsrf(), name, devices, messages: await takeMessages(ctx) }));

}

/** Signs another device out. Its open page notices at once: live.ts. */
export async function endDevice(ctx: Context, sessions: UserSessions): Promise<void> {

  const user = requireUser(ctx);
  const handle = field(ctx, 'handle');
  // The handle of another user's session ends nothing.
  const isEnded = handle !== '' && await sessions.end(user, handle);
  ctx.flash('done', isEnded ? 'The device is signed out.' : 'The device was signed out already.');
  ctx.redirect(303, '/devices');

}

export async function endOtherDevices(ctx: Context, sessions: UserSessions): Promise<void> {

  const user = requireUser(ctx);
  await sessions.endAll(user, { except: ctx.sessionInfo?.handle });
  ctx.flash('done', 'All other devices are signed out.');
  ctx.redirect(303, '/devices');

}
