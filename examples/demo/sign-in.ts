import type { Context } from '@curveball/core';
import { deviceLabel, maskedAddress } from './device.js';
import { html } from './html.js';
import { sendPage, token } from './page.js';
import { field, takeMessages } from './request.js';
import { whySignedOut } from './why-signed-out.js';

/** How many seconds a remembered device may stay away. */
const REMEMBERED = 30 * 86_400;

/** @param error what was wrong with the name, if it is asked for again */
export async function showSignIn(ctx: Context, error = ''): Promise<void> {

  // This form needs protection, too: another site could sign the visitor in
  // under a name of its choice. No session is stored for the token.
  const csrf = await ctx.getCsrf();
  const messages = await takeMessages(ctx);
  if (ctx.sessionEnded) messages.push(whySignedOut(ctx.sessionEnded));
  sendPage(ctx, {
    title: 'Sign in',
    name: '',
    messages,
    main: html`
      <section class="card">
        <h1>Sign in</h1>
        <p class="hint">Any name will do. There is no password.</p>
        <form method="post" action="/sign-in">
          ${token(csrf)}
          <label for="name">Your name</label>
          <input id="name" name="name" required maxlength="40" autocomplete="nickname" autofocus
            aria-describedby="error" aria-invalid="${error ? 'true' : 'false'}">
          <p id="error" class="error">${error}</p>
          <label class="check"><input type="checkbox" name="remember" value="yes"> Remember me for 30 days</label>
          <button class="primary wide">Sign in</button>
        </form>
      </section>`,
  });

}

export async function signIn(ctx: Context): Promise<void> {

  const name = field(ctx, 'name').trim().slice(0, 40);
  if (!name) {
    ctx.status = 422;
    return showSignIn(ctx, 'Please enter a name.');
  }
  // A new object, so that no data of an earlier user stays.
  ctx.session = { name };
  const isRemembered = field(ctx, 'remember') === 'yes';
  ctx.authenticated({
    persistent: isRemembered,
    expiry: isRemembered ? REMEMBERED : undefined,
    // What the list of devices will show.
    metadata: { device: deviceLabel(ctx.request.headers.get('User-Agent')), address: maskedAddress(ctx.ip()) },
  });
  ctx.redirect(303, '/');

}

export function signOut(ctx: Context): void {

  // If another tab has already signed out, this does nothing.
  ctx.session = null;
  // Not in the session: the message is shown although it has ended.
  ctx.flash('done', 'You are signed out.');
  ctx.redirect(303, '/');

}
