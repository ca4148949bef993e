import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** The connection of a client, and the one to the server that belongs to it. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isForgotten: boolean;
  losesAnswer: boolean;
}

/** A proxy between clients and a server that can hang, lose answers, and lead to another server. */
export class TcpProxy {

  /** The address of the server, with the port of the proxy. */
  readonly url: string;
  /** How many connections clients have made. */
  connections = 0;
  /** How many answers were lost. */
  lost = 0;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #seen = new Set<string>();
  #target: URL;
  #commands: RegExp | undefined;
  #hangs = false;
  #delay = 0;

  private constructor(server: Server, target: string) {

    this.#server = server;
    this.#target = new URL(target);
    const url = new URL(target);
    url.port = String((server.address() as { port: number }).port);
    this.url = url.href;

  }

  /** @param target the address of the server */
  static async start(target: string): Promise<TcpProxy> {

    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new TcpProxy(server, target);
    server.on('connection', near => proxy.#join(near));
    return proxy;

  }

  /** Leads new connections to another server; existing ones stay. */
  leadTo(target: string): void {

    this.#target = new URL(target);

  }

  /** From now on nothing passes, in either direction, also over connections to come. */
  hang(): void {

    this.#hangs = true;
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.pause();

  }

  /** Forgets the server's side of each connection: the client's side is half open. */
  loseServer(): void {

    this.hang();
    for (const { far } of this.#pairs) far.destroy();

  }

  /** Forwards again: over new connections, and the data that waits in the old ones. */
  resume(): void {

    this.#hangs = false;
    for (const { near, far } of this.#pairs) {
      if (far.destroyed) near.destroy();
      near.resume();
      far.resume();
    }

  }

  /** Lets nothing pass over the existing connections, not even their end; new ones work. */
  forget(): void {

    for (const pair of this.#pairs) pair.isForgotten = true;

  }

  /** Lets each part of an answer pass only after so many milliseconds. */
  slowDown(milliseconds: number): void {

    this.#delay = milliseconds;

  }

  /** Loses the answer to each command like this together with its connection, once: when it is sent again, it is answered. */
  loseAnswersTo(commands: RegExp): void {

    this.#commands = commands;

  }

  close(): void {

    this.#server.close();
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.destroy();

  }

  #join(near: Socket): void {

    this.connections++;
    const far = connect(Number(this.#target.port), this.#target.hostname);
    const pair: Pair = { near, far, isForgotten: false, losesAnswer: false };
    this.#pairs.add(pair);
    near.on('data', chunk => this.#ask(pair, chunk));
    far.on('data', chunk => this.#answer(pair, chunk));
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.on('error', () => {});
      from.on('close', () => {
        // A connection is half open if one side has ended and the other was not notified.
        if (this.#hangs || pair.isForgotten) return;
        this.#pairs.delete(pair);
        to.destroy();
      });
      if (this.#hangs) from.pause();
    }

  }

  #ask(pair: Pair, chunk: Buffer): void {

    if (pair.isForgotten) return;
    const text = chunk.toString('latin1');
    if (this.#commands?.test(text) && !this.#seen.has(text)) {
      this.#seen.add(text);
      pair.losesAnswer = true;
    }
    pair.far.write(chunk);

  }

  #answer(pair: Pair, chunk: Buffer): void {

    if (pair.losesAnswer) {
      this.lost++;
      for (const socket of [pair.near, pair.far]) socket.destroy();
    } else if (this.#delay > 0) {
      setTimeout(() => pair.near.write(chunk), this.#delay);
    } else if (!pair.isForgotten) pair.near.write(chunk);

  }

}
