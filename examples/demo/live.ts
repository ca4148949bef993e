import { PassThrough } from 'node:stream';
import type { Context } from '@curveball/core';
import type { SessionEndedError } from '@curveball/session';
import { whySignedOut } from './why-signed-out.js';

/** What client.ts receives: who is signed in, and why no one is any more. */
export interface LiveEvent {
  /** '' for no one. */
  name: string;
  news: string;
}

/** Tells an open page who is signed in, and later, at once, that its session has ended: in another tab, or from another device. */
export function sendEvents(ctx: Context): void {

  const { session: { name = '' }, sessionSignal } = ctx;
  const events = new PassThrough();
  ctx.response.type = 'text/event-stream';
  ctx.response.body = events;
  if (!name) {
    events.end(eventOf({ name, news: whySignedOut(ctx.sessionEnded) }));
    return;
  }
  events.write(eventOf({ name, news: '' }));
  sessionSignal.addEventListener('abort', () => {
    const { reason } = sessionSignal.reason as SessionEndedError;
    events.end(eventOf({ name: '', news: whySignedOut(reason) }));
  });

}

/** As an `EventSource` reads it. */
function eventOf(event: LiveEvent): string {

  return `data: ${JSON.stringify(event)}\n\n`;

}
