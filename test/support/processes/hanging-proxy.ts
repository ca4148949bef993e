import type { Server, Socket } from 'node:net';
import { startProxy } from '../tcp-proxy.js';

/** A proxy between an application and a server that can stop forwarding. */
export class HangingProxy {

  readonly url: string;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #hangs = false;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** @param target the address of the server, from which that of the proxy is made */
  static async start(target: string): Promise<HangingProxy> {

    const { server, url } = await startProxy(target, (near, far) => proxy.#join(near, far));
    const proxy: HangingProxy = new HangingProxy(server, url);
    return proxy;

  }

  /** From now on nothing passes, in either direction, also over connections to come. */
  hang(): void {

    this.#hangs = true;
    for (const sockets of this.#pairs) for (const socket of sockets) socket.pause();

  }

  /** Forgets the server's side of each connection: the application's side is half open. */
  loseServer(): void {

    this.hang();
    for (const [, far] of this.#pairs) far.destroy();

  }

  /** Forwards again: over new connections, and the data that waits in the old ones. */
  resume(): void {

    this.#hangs = false;
    for (const [near, far] of this.#pairs) {
      if (far.destroyed) near.destroy();
      near.resume();
      far.resume();
    }

  }

  close(): void {

    this.#server.close();
    for (const sockets of this.#pairs) for (const socket of sockets) socket.destroy();

  }

  #join(near: Socket, far: Socket): void {

    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const forward = (from: Socket, to: Socket) => {
      from.on('data', chunk => to.write(chunk));
      from.on('error', () => {});
      from.on('close', () => {
        // A connection is half open if one side has ended and the other was not notified.
        if (this.#hangs) return;
        this.#pairs.delete(pair);
        to.destroy();
      });
      if (this.#hangs) from.pause();
    };
    forward(near, far);
    forward(far, near);

  }

}
