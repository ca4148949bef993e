import { deepStrictEqual, ok } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Application } from '@curveball/core';
import session, { type SessionOptions } from '../../src/index.js';
import { isStoredId } from '../../src/id/stored-id.js';
import { RecordingStore } from './recording-store.js';
import { errorsToStatus, type PageContext } from './site.js';
import { type RawAnswer, rawRequest } from './raw-http.js';

/** The result of a request with hostile headers. */
export interface Outcome extends RawAnswer {
  /** The ids that were looked for in the store. */
  readonly ids: readonly string[];
  /** How many milliseconds of processor time the middleware took. */
  readonly took: number;
}

export interface HostileSite {
  readonly store: RecordingStore;
  readonly errors: unknown[];
  readonly port: number;
  /** The port of the same application that speaks HTTP/2. */
  readonly http2Port: number;
  /** Sends a request with `Cookie` headers, and checks what must hold whatever they are. */
  send(path: string, ...cookies: string[]): Promise<Outcome>;
  /** A new session of a user: its id. */
  signIn(user: string): Promise<string>;
  close(): Promise<void>;
}

const PROTOTYPE = Object.getOwnPropertyNames(Object.prototype);

/** Node lets a server raise its limit, which is 16 KiB. */
const MOST_HEADERS = 4 * 2 ** 20;

/** An application on ports, whose store records each id that is looked for. */
export async function hostileSite(options: Partial<SessionOptions> = {}): Promise<HostileSite> {

  // As strict as the stores that outlive their process.
  const store = Object.assign(new RecordingStore(), { isSessionId: isStoredId });
  const errors: unknown[] = [];
  let took = 0;
  const app = new Application();
  app.use(
    errorsToStatus(errors) as never,
    async (_ctx, next) => {
      // Processor time, since the machine may have other work.
      const start = process.cpuUsage();
      await next();
      took = process.cpuUsage(start).user / 1000;
    },
    session({ store, user: 'user', ...options }) as never,
    async plain => {
      const ctx = plain as unknown as PageContext;
      if (ctx.path === '/write') ctx.session.wrote = true;
      if (ctx.path === '/sign-in') ctx.session.user = ctx.query.user;
      if (ctx.path === '/end') ctx.session = null;
      ctx.response.status = 200;
      ctx.response.body = { ...ctx.session };
    },
  );
  const server = createServer({ maxHeaderSize: MOST_HEADERS, requireHostHeader: false }, app.callback()).listen(0, '127.0.0.1');
  const http2 = createHttp2Server(app.callback()).listen(0, '127.0.0.1');
  // Connections that a failed test leaves open.
  const sessions = new Set<ServerHttp2Session>();
  http2.on('session', each => sessions.add(each));
  await Promise.all([once(server, 'listening'), once(http2, 'listening')]);
  const { port } = server.address() as AddressInfo;

  const send = async (path: string, ...cookies: string[]): Promise<Outcome> => {
    store.takeCalls();
    errors.length = 0;
    const answer = await rawRequest(port, [`GET ${path} HTTP/1.1`, 'Host: localhost', ...cookies.map(cookie => `Cookie: ${cookie}`)]);
    ok(answer.status < 500, `It was answered with ${answer.status}: ${errors[0]}`);
    ok(store.ids.every(id => store.isSessionId(id)), 'The store was asked for what is no id');
    deepStrictEqual(Object.getOwnPropertyNames(Object.prototype), PROTOTYPE);
    const isStored = store.calls.some(call => ['create', 'move', 'end'].includes(call));
    ok(isStored || !answer.headers.has('set-cookie'), 'A cookie came, and nothing was stored or ended');
    return { ...answer, ids: store.ids, took };
  };

  return {
    store, errors, port,
    http2Port: (http2.address() as AddressInfo).port,
    send,
    async signIn(user) {
      const { headers } = await send(`/sign-in?user=${user}`);
      return /^[^=]+=([^;]+)/.exec(headers.get('set-cookie')?.[0] ?? '')?.[1] as string;
    },
    async close() {
      for (const each of sessions) each.destroy();
      server.closeAllConnections();
      server.close();
      http2.close();
      await Promise.all([once(server, 'close'), once(http2, 'close')]);
    },
  };

}
