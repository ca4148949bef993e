import type { Context } from '@curveball/core';
import { html } from './html.js';
import { sendPage } from './page.js';

interface Message {
  title: string;
  text: string;
  action: string;
  /** Where the action leads, if not to the start page. */
  href?: string;
}

/** For each status: what went wrong, in words for visitors, and what to do about it. */
const messages: Record<number, Message> = {

  // The proof of recentlyAuthenticated() has become too old while the page was open.
  401: {
    title: 'Is it still you?',
    text: 'Nothing was changed: please enter your name once more, and try again.',
    action: 'Go on',
    href: '/devices',
  },
  // The visitor is no longer signed in, or csrf() has refused the request.
  403: {
    title: 'Nothing was changed',
    text: 'You may have been signed out, or another site has sent this in your name.',
    action: 'Go on',
  },
  404: {
    title: 'There is nothing here',
    text: 'The address may have a typo.',
    action: 'To the start page',
  },
  // The session ended or got a new id while the request was under way.
  409: {
    title: 'Your session has changed',
    text: 'It ended or got a new id while this request was under way, so nothing was saved.',
    action: 'Have a look',
  },
  // The store is down. The cookie stays, and the session comes back with the store.
  503: {
    title: 'Back in a moment',
    text: 'Your session can’t be reached right now. You are not signed out: please try again shortly.',
    action: 'Try again',
  },

};

const unknown: Message = {
  title: 'That did not work',
  text: 'It is not your fault. Please try again.',
  action: 'To the start page',
};

/**
 * Shows problems to visitors as pages. Programs get the `application/problem+json`
 * of @curveball/problem, which runs inside this middleware.
 */
export async function errorPages(ctx: Context, next: () => Promise<void>): Promise<void> {

  await next();
  if (ctx.response.type !== 'application/problem+json') return;
  if (ctx.accepts('application/problem+json', 'text/html') !== 'text/html') return;
  const { title, text, action, href = '/' } = messages[ctx.status] ?? unknown;
  sendPage(ctx, {
    title,
    csrf: await signOutToken(ctx),
    main: html`
      <section class="card">
        <h1>${title}</h1>
        <p class="hint">${text}</p>
        <div class="buttons"><a class="button primary" href="${href}">${action}</a></div>
      </section>`,
  });

}

/** For the sign-out button, which each page for a signed-in visitor has (OWASP ASVS 5.0, 7.4.4). */
async function signOutToken(ctx: Context): Promise<string | undefined> {

  // With any other status, the session itself may have failed.
  const isSessionFine = [401, 403, 404].includes(ctx.status);
  return isSessionFine && ctx.session?.name ? ctx.getCsrf() : undefined;

}
