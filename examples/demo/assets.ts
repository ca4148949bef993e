import { readFileSync } from 'node:fs';
import type { Context } from '@curveball/core';
import route from '@curveball/router';
import { styles } from './styles.js';

const script = readFileSync(new URL('./client.js', import.meta.url), 'utf8');

const ball = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <circle cx="16" cy="16" r="14.5" fill="#fffdf8" stroke="#c9c2b4"/>
  <path d="M7 5c4 4 5 7 5 11s-1 7-5 11M25 5c-4 4-5 7-5 11s1 7 5 11" fill="none"
    stroke="#d6363a" stroke-width="2" stroke-linecap="round" stroke-dasharray="2.2 2.4"/>
</svg>`;

/** The routes of the files that pages use. Nothing is loaded from elsewhere. */
export const assets = [
  route('/demo.css').get(ctx => send(ctx, 'text/css', styles)),
  route('/demo.svg').get(ctx => send(ctx, 'image/svg+xml', ball)),
  route('/demo.js').get(ctx => send(ctx, 'text/javascript', script)),
];

function send(ctx: Context, type: string, body: string): void {

  ctx.response.type = `${type}; charset=utf-8`;
  ctx.response.headers.set('Cache-Control', 'no-cache');
  ctx.response.body = body;

}
