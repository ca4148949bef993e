import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server, and loses answers together with their connection. */
export class LossyProxy {

  readonly url: string;
  /** How many answers were lost. */
  lost = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #seen = new Set<string>();
  #commands: RegExp | undefined;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(target: string): Promise<LossyProxy> {

    const to = new URL(target);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(target);
    url.port = String((server.address() as { port: number }).port);
    const proxy = new LossyProxy(server, url.href);
    server.on('connection', near => proxy.#join(near, connect(Number(to.port), to.hostname)));
    return proxy;

  }

  /** Loses the answer to each command like this, once: when it is sent again, it is answered. */
  loseAnswersTo(commands: RegExp): void {

    this.#commands = commands;

  }

  close(): void {

    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();

  }

  #join(near: Socket, far: Socket): void {

    let loses = false;
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    near.on('data', chunk => {
      const text = chunk.toString('latin1');
      if (this.#commands?.test(text) && !this.#seen.has(text)) {
        this.#seen.add(text);
        loses = true;
      }
      far.write(chunk);
    });
    far.on('data', chunk => {
      if (!loses) return near.write(chunk);
      this.lost++;
      end();
      return false;
    });

  }

}
