import type { Context } from '@curveball/core';
import { messagePage, sendPage } from './pages.js';

/** What went wrong, in words for people, and what to do about it. */
const messages: Record<number, { title: string; text: string; action: string }> = {

  // No one is signed in any more, or csrf() has refused it.
  403: {
    title: 'Nothing was changed',
    text: 'You may have been signed out meanwhile, or another site has sent this in your name.',
    action: 'Go on',
  },
  404: {
    title: 'There is nothing here',
    text: 'The address may have a typo.',
    action: 'To the start page',
  },
  // The session ended or got a new id while the request was under way.
  409: {
    title: 'Somebody was faster',
    text: 'Your session ended or changed while this was under way, so it was not saved.',
    action: 'Have a look',
  },
  // The store is down. The cookie stays, and the session comes back with the store.
  503: {
    title: 'Back in a moment',
    text: 'Your session can’t be reached right now. You are not signed out: please try again shortly.',
    action: 'Try again',
  },

};

const unknown = {
  title: 'That did not work',
  text: 'It is not your fault. Please try again.',
  action: 'To the start page',
};

/**
 * Shows problems to people as pages. Programs keep the `application/problem+json`
 * of @curveball/problem, which stands inside of this middleware.
 */
export async function errorPages(ctx: Context, next: () => Promise<void>): Promise<void> {

  await next();
  if (ctx.response.type !== 'application/problem+json') return;
  if (ctx.accepts('application/problem+json', 'text/html') !== 'text/html') return;
  sendPage(ctx, messagePage(messages[ctx.status] ?? unknown, await signOutToken(ctx)));

}

/** For the sign-out button, which each page has whose visitor is signed in (OWASP ASVS 5.0, 7.4.4). */
async function signOutToken(ctx: Context): Promise<string | undefined> {

  // What went wrong otherwise may have been the session itself.
  const isSessionFine = ctx.status === 403 || ctx.status === 404;
  return isSessionFine && ctx.session?.name ? ctx.getCsrf() : undefined;

}
