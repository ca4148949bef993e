import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/** A provider whose refresh tokens can be used once. A second use revokes all tokens that came from the first (RFC 9700, 4.14.2). */
export class OauthProvider {

  /** Milliseconds that an answer takes. */
  static readonly SLOW = 40;

  refreshes = 0;
  reuses = 0;
  /** Called for each request, which it may keep waiting. */
  onRequest: () => unknown = () => new Promise(resolve => { setTimeout(resolve, OauthProvider.SLOW); });

  readonly #valid = new Set<string>();
  readonly #server: Server;
  #made = 0;

  constructor() {

    this.#server = createServer(async ({ url = '' }, response) => {
      const used = url.slice(1);
      if (this.#valid.delete(used)) this.refreshes++;
      else this.reuses++;
      const next = this.tokens();
      await this.onRequest();
      response.statusCode = this.reuses > 0 ? 400 : 200;
      response.end(JSON.stringify(next));
    });

  }

  tokens(): { access: string; refresh: string } {

    const number = ++this.#made;
    this.#valid.add(`refresh-${number}`);
    return { access: `access-${number}`, refresh: `refresh-${number}` };

  }

  async open(): Promise<number> {

    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port;

  }

  close(): void {

    this.#server.closeAllConnections();
    this.#server.close();

  }

}
