import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { selfSigned } from './certificate.js';
import { victim, type VictimOptions } from './victim.js';

const APP = 'app.victim.test';

const tls = selfSigned();

/** Hosts as a browser sees them: one application, and hosts of attackers. */
export interface Hosts {
  /** The application, on TLS. */
  readonly app: string;
  /** Another host of the same site. */
  readonly sibling: string;
  /** Another site. */
  readonly attacker: string;
  /** The application's host without TLS, where an attacker on the network answers. */
  readonly network: string;
  /** The application without TLS. */
  readonly plainApp: string;
  /** The requests to the application, or to its host without TLS. */
  readonly seen: IncomingMessage[];
}

/** Starts them on 127.0.0.1, and ends them after the test. */
export async function runHosts(t: TestContext, options: VictimOptions = {}): Promise<Hosts> {

  const seen: IncomingMessage[] = [];
  const secure = createHttpsServer(tls);
  const network = createHttpServer();
  const plain = createHttpServer();
  const [securePort, networkPort, plainPort] = await Promise.all([secure, network, plain].map(server => listening(t, server)));

  const app = `https://${APP}:${securePort}`;
  const plainApp = `http://${APP}:${plainPort}`;
  const note = (request: IncomingMessage) => {
    if (request.url !== '/favicon.ico') seen.push(request);
  };
  for (const [server, origin] of [[secure, app], [plain, plainApp]] as const) {
    const application = victim(origin, options);
    const answer = application.callback() as RequestListener;
    server.on('request', (request, response) => {
      if (request.headers.host !== new URL(origin).host) return hostile(request, response);
      note(request);
      answer(request, response);
    });
    server.on('upgrade', (request, socket, head) => {
      note(request);
      application.upgradeCallback(request, socket as Socket, head);
    });
  }
  network.on('request', (request, response) => {
    note(request);
    hostile(request, response);
  });

  return {
    app, plainApp, seen,
    sibling: `https://evil.victim.test:${securePort}`,
    attacker: `https://attacker.test:${securePort}`,
    network: `http://${APP}:${networkPort}`,
  };

}

/** The address of a page with the given content, and perhaps one more header. */
export function pageAt(host: string, html: string, header?: readonly [name: string, value: string]): string {

  return `${host}/?${new URLSearchParams({ html, ...(header ? { name: header[0], value: header[1] } : {}) })}`;

}

/** An address that passes a request on to another, method and body included. */
export function redirectAt(host: string, to: string): string {

  return `${host}/?${new URLSearchParams({ to })}`;

}

/** The address of a page that sets a cookie. */
export function cookieAt(host: string, cookie: string): string {

  return pageAt(host, 'done', ['Set-Cookie', cookie]);

}

/** Answers as the address says, since an attacker's host can answer anything. */
function hostile(request: IncomingMessage, response: ServerResponse): void {

  const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const [html, to, name, value] = ['html', 'to', 'name', 'value'].map(each => query.get(each));
  if (name && value) response.setHeader(name, value);
  if (to) response.writeHead(307, { Location: to }).end();
  else response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<!doctype html><title>Hostile</title>${html ?? ''}`);

}

async function listening(t: TestContext, server: Server): Promise<number> {

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;

}
