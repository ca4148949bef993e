import type { Context } from '@curveball/core';
import type { SessionData } from '@curveball/session';
import { deviceList } from './device-list.js';
import type { Device } from './devices.js';
import { type Html, html } from './html.js';

interface Page {
  title: string;
  main: Html;
  /** The user for whom the page was made, '' for no user: its script watches whether that changes. */
  name?: string;
  /** Puts a sign-out button into the header. */
  csrf?: string | undefined;
}

/** @param canRemember whether the store finds the sessions of users: otherwise no session gets a lifetime of its own */
export function signInPage(csrf: string, canRemember: boolean, error = ''): Page {

  return {
    title: 'Sign in',
    name: '',
    main: html`
      <section class="card">
        <h1>Sign in</h1>
        <p class="hint">Any name will do. There is no password.</p>
        <form method="post" action="/sign-in">
          ${token(csrf)}
          <label for="name">Your name</label>
          <input id="name" name="name" required maxlength="40" autocomplete="nickname" autofocus
            aria-describedby="error">
          <p id="error" class="error">${error}</p>
          ${canRemember && html`
          <label class="check"><input type="checkbox" name="remember" value="yes"> Remember me for 30 days</label>`}
          <button class="primary wide">Sign in</button>
        </form>
      </section>`,
  };

}

interface Home {
  csrf: string;
  name: string;
  clicks: number;
  note: SessionData['note'] | undefined;
  devices: Device[] | null;
}

export function homePage({ csrf, name, clicks, note, devices }: Home): Page {

  return {
    title: `Hello, ${name}`,
    name,
    csrf,
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
          <textarea id="note" name="note" rows="3" maxlength="280">${note?.text}</textarea>
          <div class="buttons">
            <button class="primary">Save</button>
            ${note && html`<p id="saved" class="done">Saved at <time datetime="${note.savedAt}">${timeOf(note.savedAt)}</time></p>`}
          </div>
        </form>
      </section>

      ${deviceList(devices, token(csrf))}

      <section class="card" aria-labelledby="tabs">
        <h2 id="tabs">Two tabs</h2>
        <p class="hint">Open a second tab, sign out there, and come back: this page notices,
          and its requests no longer change anything.</p>
        <div class="buttons"><a class="button" href="/" target="_blank">Open a second tab</a></div>
      </section>`,
  };

}

export function messagePage({ title, text, action }: { title: string; text: string; action: string }, csrf?: string): Page {

  return {
    title,
    csrf,
    main: html`
      <section class="card">
        <h1>${title}</h1>
        <p class="hint">${text}</p>
        <div class="buttons"><a class="button primary" href="/">${action}</a></div>
      </section>`,
  };

}

export function sendPage(ctx: Context, page: Page): void {

  ctx.response.type = 'text/html; charset=utf-8';
  // After a sign-out, "back" must not show a page that the browser has kept; client.ts does the rest.
  ctx.response.headers.set('Cache-Control', 'no-store');
  ctx.response.headers.set('Content-Security-Policy', [
    "default-src 'none'", "style-src 'self'", "script-src 'self'", "connect-src 'self'", "img-src 'self'",
    "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
  ].join('; '));
  ctx.response.body = layout(page).text;

}

function layout({ title, name, csrf, main }: Page): Html {

  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} · Session demo</title>
    <link rel="icon" href="/demo.svg">
    <link rel="stylesheet" href="/demo.css">
    <script type="module" src="/demo.js"></script>
  </head>
  <body${name !== undefined && html` data-name="${name}"`}>
    <header>
      <a class="brand" href="/"><img src="/demo.svg" alt="" width="28" height="28">Session demo</a>
      ${csrf && html`<form method="post" action="/sign-out">${token(csrf)}<button>Sign out</button></form>`}
    </header>
    <div id="notice" role="alert" hidden><p id="news"></p><a class="button" href="/">Reload</a></div>
    <main>${main}</main>
    <footer>A demo of @curveball/session</footer>
  </body>
</html>
`;

}

function token(csrf: string): Html {

  return html`<input type="hidden" name="csrf-token" value="${csrf}">`;

}

function timeOf(iso: string): string {

  return `${iso.slice(11, 19)} UTC`;

}
