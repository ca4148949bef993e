import type { Context } from '@curveball/core';
import { localAddress, recentlyAuthenticated } from '@curveball/session';
import { html } from './html.js';
import { sendPage, token } from './page.js';
import { field, requireUser } from './request.js';

/**
 * Lets only users through who have proved a short time ago who they are (OWASP ASVS
 * 5.0, 7.5.2): an unlocked computer is not enough. Others are sent to /prove, and
 * come back from there. A minute, so that you meet it here; five are usual.
 */
export const isProved = recentlyAuthenticated({ within: 60, signIn: '/prove' });

/** @param error what was wrong, if the proof is asked for again */
export async function showProof(ctx: Context, error = ''): Promise<void> {

  const { name } = ctx.session;
  if (!name) return ctx.redirect(303, '/');
  const csrf = await ctx.getCsrf();
  sendPage(ctx, {
    title: 'Is it still you?',
    name,
    csrf,
    main: html`
      <section class="card">
        <h1>Is it still you?</h1>
        <p class="hint">You signed in a while ago. Enter your name once more: elsewhere, this would be your password.</p>
        <!-- Without an action, the form goes to this page's own address, returnTo included. -->
        <form method="post">
          ${token(csrf)}
          <label for="name">Your name</label>
          <input id="name" name="name" required maxlength="40" autocomplete="off" autofocus
            aria-describedby="error" aria-invalid="${error ? 'true' : 'false'}">
          <p id="error" class="error">${error}</p>
          <div class="buttons">
            <button class="primary">Go on</button>
            <a class="button" href="/">Cancel</a>
          </div>
        </form>
      </section>`,
  });

}

export async function prove(ctx: Context): Promise<void> {

  const user = requireUser(ctx);
  if (field(ctx, 'name').trim() !== user) {
    ctx.status = 422;
    return showProof(ctx, 'You are signed in under another name.');
  }
  // Records the time, and gives the session a new id.
  ctx.authenticated();
  // Anyone can make up a link with any returnTo: only an address of this application will do.
  ctx.redirect(303, localAddress(ctx.query.returnTo) ?? '/');

}
