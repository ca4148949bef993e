import type { Context } from '@curveball/core';
import { messagePage, sendPage } from './pages.js';

/** What went wrong, in words for people, and what to do about it. */
const messages: Record<number, { title: string; text: string; action: string }> = {

  // The CSRF token was wrong, or nobody is signed in: mostly both mean this.
  403: {
    title: 'This page was out of date',
    text: 'You may have signed out, or signed in again, in another tab. Nothing was changed.',
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
  sendPage(ctx, messagePage(messages[ctx.status] ?? unknown));

}
