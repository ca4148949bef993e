import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Application } from '@curveball/core';
import type { Context } from '@curveball/kernel';
import { WebSocket } from 'ws';
import session, { type SessionOptions } from '../../src/index.js';
import { errorsToStatus, type Page, type PageContext, pageOf } from './site.js';

type Handler = (ctx: Context, next: () => Promise<void>) => Promise<void>;

export interface SocketSite {
  /** Answers with the body of a page; remembers the cookie. */
  get(path: string): Promise<string>;
  /** Opens a WebSocket with the cookie, or with another one. */
  open(path?: string, other?: string): Promise<WebSocket>;
  cookie(): string;
  close(): Promise<void>;
}

/** An application on a port, whose WebSockets are handled by `onSocket`. */
export async function socketSite(
  options: SessionOptions, pages: Record<string, Page>, onSocket: (ctx: PageContext, socket: WebSocket) => unknown,
): Promise<SocketSite> {

  const answer = pageOf(pages) as Handler;
  const app = new Application();
  app.use(httpErrorsToStatus(), session(options), async ctx => {
    if (ctx.webSocket) {
      await onSocket(ctx as PageContext, ctx.webSocket as WebSocket);
    } else {
      await answer(ctx, async () => {});
    }
  });
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  let cookie = '';
  const sockets: WebSocket[] = [];

  return {
    async get(path) {
      const response = await fetch(`http://${address}${path}`, { headers: { Cookie: cookie } });
      for (const line of response.headers.getSetCookie()) cookie = line.split(';')[0];
      return response.text();
    },
    async open(path = '/', sent = cookie) {
      const socket = new WebSocket(`ws://${address}${path}`, { headers: sent ? { Cookie: sent } : {} });
      sockets.push(socket);
      await once(socket, 'open');
      return socket;
    },
    cookie: () => cookie,
    async close() {
      for (const socket of sockets) socket.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

}

/** An error behind a WebSocket would end the process, as it does in an application. */
function httpErrorsToStatus(): Handler {

  const toStatus = errorsToStatus() as Handler;
  return (ctx, next) => ctx.webSocket ? next() : toStatus(ctx, next);

}
