import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Application } from '@curveball/core';

/** What drives the example of a page: a server, and visitors with a cookie jar each. */
export class Site {

  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(app: Application): Promise<Site> {

    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Site(server);

  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  visitor(): Visitor {
    return new Visitor(`http://127.0.0.1:${this.port}`);
  }

  close(): void {

    this.#server.closeAllConnections();
    this.#server.close();

  }

}

/** As much of a browser as sessions need: it keeps cookies, and forgets those that have ended. */
export class Visitor {

  readonly cookies = new Map<string, string>();
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  async get(path: string): Promise<Answer> {
    return this.request('GET', path);
  }

  /** Sends a form. */
  async post(path: string, form: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request('POST', path, headers, new URLSearchParams(form));
  }

  async request(
    method: string, path: string, headers: Record<string, string> = {}, body?: URLSearchParams,
  ): Promise<Answer> {

    const response = await fetch(this.#base + path, {
      method,
      redirect: 'manual',
      headers: { ...headers, ...this.cookies.size > 0 ? { Cookie: this.cookieHeader } : {} },
      ...body ? { body } : {},
    });
    const setCookies = response.headers.getSetCookie();
    for (const cookie of setCookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/;\s*max-age=0/i.test(cookie)) {
        this.cookies.delete(name);
      } else {
        this.cookies.set(name, value);
      }
    }
    return { status: response.status, headers: response.headers, setCookies, text: await response.text() };

  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly setCookies: string[];
  readonly text: string;
}
