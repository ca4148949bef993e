import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of objects, with ETags and conditional writes (RFC 9110 section 13), in memory. */
export class ObjectServer {

  readonly #objects = new Map<string, { readonly tag: string; readonly body: string }>();
  readonly #server = createServer(((request, response) => void this.#answer(request, response)) satisfies RequestListener);
  #tags = 0;

  static async open(): Promise<ObjectServer> {

    const server = new ObjectServer();
    await new Promise<void>(resolve => {
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;

  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get bodies(): string[] {
    return [...this.#objects.values()].map(({ body }) => body);
  }

  close(): void {

    this.#server.close();
    this.#server.closeAllConnections();

  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {

    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const path = request.url as string;
    const found = this.#objects.get(path);
    const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
    if (request.method === 'PUT') {
      if (noneMatch === '*' ? found : match !== found?.tag) return void response.writeHead(412).end();
      this.#objects.set(path, { tag: `"${++this.#tags}"`, body });
      return void response.writeHead(204).end();
    }
    if (found) response.writeHead(200, { ETag: found.tag }).end(found.body);
    else response.writeHead(404).end();

  }

}
