import { randomBytes } from 'node:crypto';
import type { createClient } from 'redis';
import type { SessionStore, SessionValues } from '../../src/index.js';

type Client = ReturnType<typeof createClient>;

/** Keeps sessions as the store of `@curveball/session-redis` 1.0 does: the id is a part of the key. */
export class OldRedisStore implements SessionStore {

  readonly client: Client;
  readonly #prefix: string;

  constructor(client: Client, prefix: string) {
    this.client = client;
    this.#prefix = prefix;
  }

  /** @param address with `?prefix=` */
  static async open(address: string, create: typeof createClient): Promise<OldRedisStore> {

    const url = new URL(address);
    const client = create({ url: `redis://${url.host}` });
    await client.connect();
    return new OldRedisStore(client as Client, url.searchParams.get('prefix') ?? 'session');

  }

  async get(id: string): Promise<SessionValues | null> {

    const text = await this.client.get(`${this.#prefix}-${id}`);
    return text === null ? null : JSON.parse(text);

  }

  async set(id: string, values: SessionValues, expire: number): Promise<void> {

    await this.client.set(`${this.#prefix}-${id}`, JSON.stringify(values), { expiration: { type: 'EX', value: expire - Math.floor(Date.now() / 1000) } });

  }

  async delete(id: string): Promise<void> {

    await this.client.del(`${this.#prefix}-${id}`);

  }

  newSessionId(): string {

    return randomBytes(32).toString('base64');

  }

}
