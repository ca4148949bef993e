import type { Server, Socket } from 'node:net';
import { startProxy } from './tcp-proxy.js';

/** A proxy between a client and a server that loses answers together with their connection. */
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

    const { server, url } = await startProxy(target, (near, far) => proxy.#join(near, far));
    const proxy: LossyProxy = new LossyProxy(server, url);
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
