import type { Context } from '@curveball/core';
import type { UserSessions } from '@curveball/session';
import { html } from './html.js';
import { sendPage, token } from './page.js';
import { field, requireUser, takeMessages } from './request.js';
import { showSignIn } from './sign-in.js';

/** The home page of a signed-in visitor; others see the form to sign in. */
export async function showHome(ctx: Context, sessions: UserSessions): Promise<void> {

  const { name, clicks = 0, note } = ctx.session;
  if (!name) return showSignIn(ctx);
  const csrf = await ctx.getCsrf();
  const { length: devices } = await sessions.list(name);
  sendPage(ctx, {
    title: `Hello, ${name}`,
    name,
    csrf,
    messages: await takeMessages(ctx),
    main: html`
      <div>
        <h1>Hello, ${name}</h1>
        <p class="hint">This page knows you by one cookie, which no script can read.</p>
      </div>

      <section class="card" aria-labelledby="counter">
        <h2 id="counter">A counter that loses nothing</h2>
        <p class="hint">Each click is a request that reads your session, adds one and stores it.</p>
        <form id="clicks" method="post" action="/clicks">
          ${token(csrf)}
          <p class="count">
            <output id="count" aria-label="Clicks">${clicks}</output>
            <span id="clicked" class="done" role="status"></span>
          </p>
          <div class="buttons">
            <button class="primary">Click</button>
            <button type="button" id="click-20" hidden>Click 20 times at once</button>
          </div>
        </form>
      </section>

      <section class="card" aria-labelledby="note-title">
        <h2 id="note-title">A note</h2>
        <p class="hint">Kept in your session. No other site can send this form in your name.</p>
        <form method="post" action="/note">
          ${token(csrf)}
          <label for="note">Your note</label>
          <textarea id="note" name="note" rows="3" maxlength="280">${note}</textarea>
          <div class="buttons"><button class="primary">Save</button></div>
        </form>
      </section>

      <section class="card" aria-labelledby="devices">
        <h2 id="devices">Your devices</h2>
        <p class="hint">You are signed in on ${devices === 1 ? 'this device only' : `${devices} devices`}.
          To change that, show who you are, unless you signed in less than a minute ago.</p>
        <div class="buttons"><a class="button" href="/devices">Manage your devices</a></div>
      </section>

      <section class="card" aria-labelledby="tabs">
        <h2 id="tabs">Two tabs</h2>
        <p class="hint">Open a second tab beside this one, and sign out there: this page notices at once,
          and its requests no longer change anything.</p>
        <div class="buttons"><a class="button" href="/" target="_blank">Open a second tab</a></div>
      </section>`,
  });

}

export function saveNote(ctx: Context): void {

  requireUser(ctx);
  // Only this key is written: clicks that other requests count in the meantime stay counted.
  ctx.session.note = field(ctx, 'note').trim().slice(0, 280);
  // For the next page: it survives the redirect, and is shown once.
  ctx.flash('done', 'Your note is saved.');
  ctx.redirect(303, '/');

}

export async function countClick(ctx: Context): Promise<void> {

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
