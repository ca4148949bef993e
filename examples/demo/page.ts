import type { Context } from '@curveball/core';
import { type Html, html } from './html.js';

export interface Page {
  title: string;
  main: Html;
  /** The user for whom the page was made, '' for no user: its script watches whether that changes. */
  name?: string;
  /** What earlier requests have left to be said. */
  messages?: string[];
  /** Puts a sign-out button into the header. */
  csrf?: string | undefined;
}

/** Answers with a page. */
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

function layout({ title, name, messages = [], csrf, main }: Page): Html {

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
    ${messages.length > 0 && html`
    <div id="messages" role="status" tabindex="-1" autofocus>${messages.map(text => html`<p>${text}</p>`)}</div>`}
    <main>${main}</main>
    <footer>A demo of @curveball/session</footer>
  </body>
</html>
`;

}

/** The hidden field that each form needs. */
export function token(csrf: string): Html {

  return html`<input type="hidden" name="csrf-token" value="${csrf}">`;

}
