import { createClient } from 'redis';
import type { Address } from '../../address.js';
import { PATIENCE, within } from './within.js';

/** A connection to Redis for looking at the server itself. */
export class RedisServer {

  /** Its host and port. */
  readonly name: string;
  readonly prefix: string;
  readonly #client: ReturnType<typeof createClient>;

  private constructor(client: ReturnType<typeof createClient>, name: string, prefix: string) {
    this.#client = client;
    this.name = name;
    this.prefix = prefix;
  }

  static async connect({ url, options }: Pick<Address, 'url' | 'options'>): Promise<RedisServer> {

    const client = createClient({
      url, disableOfflineQueue: true, socket: { connectTimeout: PATIENCE, reconnectStrategy: false },
    }) as ReturnType<typeof createClient>;
    let problem: unknown;
    client.on('error', error => {
      problem = error;
    });
    try {
      await within(client.connect());
    } catch (error) {
      if (client.isOpen) client.destroy();
      throw problem ?? error;
    }
    return new RedisServer(client, new URL(url).host, options.prefix ?? 'session:');

  }

  ask(...words: string[]): Promise<unknown> {
    return within(this.#client.sendCommand(words));
  }

  /** Returns a section of what the server says of itself. */
  info(section: string): Promise<ReadonlyMap<string, string>> {
    return this.fields('INFO', section);
  }

  /** Returns the lines of an answer, such as `role:master`. */
  async fields(...words: string[]): Promise<ReadonlyMap<string, string>> {

    const text = String(await this.ask(...words));
    return new Map([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name as string, value as string]));

  }

  /** Returns a setting; undefined if the server does not know it. */
  async setting(name: string): Promise<string | undefined> {

    const answer = await this.ask('CONFIG', 'GET', name);
    const found = Array.isArray(answer) ? answer[1] : (answer as { readonly [name: string]: unknown } | null)?.[name];
    return found === undefined ? undefined : String(found);

  }

  /** The server's clock: Unix time in seconds. */
  async time(): Promise<number> {

    const [seconds, microseconds] = await this.ask('TIME') as [string, string];
    return Number(seconds) + Number(microseconds) / 1e6;

  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

}
