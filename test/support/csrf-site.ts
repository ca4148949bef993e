import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import bodyParser from '@curveball/bodyparser';
import { Application } from '@curveball/core';
import type { Middleware } from '@curveball/kernel';
import { WebSocket } from 'ws';
import session, { type CsrfEvent, type CsrfOptions, csrf, type SessionOptions } from '../../src/index.js';
import { RecordingStore } from './recording-store.js';
import { errorsToStatus, type PageContext } from './site.js';

export const ORIGIN = 'https://app.victim.test';
export const SIBLING = 'https://evil.victim.test';
export const ATTACKER = 'https://attacker.test';

export type Headers = Record<string, string | readonly string[]>;

export interface Answer { status: number; headers: IncomingHttpHeaders; body: string }

export interface CsrfSite {
  readonly store: RecordingStore;
  /** The requests that reached a handler, as `POST /path`. */
  readonly handled: string[];
  readonly errors: unknown[];
  readonly events: CsrfEvent[];
  readonly port: number;
  send(method: string, path: string, headers?: Headers, body?: string): Promise<Answer>;
  /** A cookie of a signed-in visitor, and the token of their forms. */
  visitor(): Promise<{ cookie: string; token: string }>;
  /** Opens a WebSocket: returns the server's greeting, or the code that it closes with. */
  open(headers?: Headers): Promise<string | number>;
  close(): Promise<void>;
}

export interface CsrfSiteOptions {
  csrf?: CsrfOptions;
  session?: Partial<SessionOptions>;
  /** Where `csrf()` is. */
  order?: 'before' | 'after' | 'alone';
  between?: Middleware[];
  first?: Middleware[];
}

/** An application on a port, behind a proxy that ends TLS, with a handler that records its requests. */
export async function csrfSite(
  { csrf: options, session: sessionOptions, order = 'before', between = [], first = [] }: CsrfSiteOptions = {},
): Promise<CsrfSite> {

  let ahead = 0;
  const store = new RecordingStore({ now: () => Date.now() / 1000 + ahead });
  const handled: string[] = [];
  const errors: unknown[] = [];
  const events: CsrfEvent[] = [];
  const listen = (event: unknown) => { events.push(event as CsrfEvent); };
  subscribe('curveball:session:csrf', listen);

  const guard = csrf(options);
  const sessions = session({ store, touchInterval: 0, ...sessionOptions });
  const app = new Application();
  app.origin = ORIGIN;
  const toStatus = errorsToStatus(errors) as (ctx: unknown, next: () => Promise<void>) => Promise<void>;
  app.use((ctx, next) => ctx.webSocket ? next() : toStatus(ctx, next), ...first as never[]);
  const parser = bodyParser() as never;
  if (order === 'before') app.use(guard as never, parser, ...between as never[], sessions as never);
  if (order === 'after') app.use(parser, sessions as never, ...between as never[], guard as never);
  if (order === 'alone') app.use(guard as never, parser, ...between as never[]);
  app.use(async plain => {
    const ctx = plain as unknown as PageContext;
    handled.push(`${ctx.method} ${ctx.path}`);
    if (ctx.webSocket) return ctx.webSocket.send('welcome');
    ctx.response.status = 200;
    if (ctx.path === '/create') ctx.session = { userId: 5 };
    if (ctx.path === '/new-id') ctx.sessionId = null;
    if (ctx.path === '/end') ctx.session = null;
    if (ctx.path === '/validate') ctx.validateCsrf();
    ctx.response.body = ctx.path === '/form' ? await ctx.getCsrf() : 'done';
  });
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const send = async (method: string, path: string, headers: Headers = {}, body = ''): Promise<Answer> => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers: headers as never, agent: false });
    asked.end(body);
    const [response] = await once(asked, 'response') as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return { status: response.statusCode as number, headers: response.headers, body: Buffer.concat(chunks).toString() };
  };

  return {
    store, handled, errors, events, port, send,
    async visitor() {
      const created = await send('GET', '/create');
      const cookie = cookieOf(created) as string;
      const { body: token } = await send('GET', '/form', { Cookie: cookie });
      handled.length = errors.length = events.length = 0;
      // From here on, each request that is let through refreshes the session.
      ahead += 5;
      store.takeCalls();
      return { cookie, token };
    },
    async open(headers = {}) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, { headers: headers as never });
      const answer = await Promise.race([
        once(socket, 'message').then(([data]) => String(data)),
        once(socket, 'close').then(([code]) => code as number),
      ]);
      socket.terminate();
      return answer;
    },
    async close() {
      unsubscribe('curveball:session:csrf', listen);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

}

/** The cookie of a form that an answer sets. */
export function formOf({ headers }: Answer): string {

  return headers['set-cookie']?.find(line => /^[^=]*-form(-\w)?=/.test(line))?.split(';')[0] as string;

}

/** The cookie that an answer sets, as a request sends it. */
export function cookieOf({ headers }: Answer, name = 'CB'): string | undefined {

  return headers['set-cookie']?.find(line => line.startsWith(`${name}=`))?.split(';')[0];

}
