import { after, before } from 'node:test';
import { createClient } from 'redis';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { startRedis } from '../../support/servers/redis.js';
import type { Server } from '../../support/servers/server.js';

type Client = ReturnType<typeof createClient>;

/** A Redis server that only the tests of one file or suite use, and may freeze, fill or kill. */
export class PrivateRedis {

  /** Set before the first test runs, like `client` and `store`. */
  server!: Server;
  client!: Client;
  /** A store over `client`. */
  store!: RedisStore;

  constructor() {

    before(async () => {
      this.server = await startRedis();
      this.client = await this.connect();
      this.store = new RedisStore({ client: this.client });
    });
    after(async () => {
      this.client.destroy();
      await this.server.kill();
    });

  }

  /** Opens another connection, which the caller closes. */
  async connect(): Promise<Client> {

    const client = createClient({ url: this.server.url, commandOptions: { timeout: 0 } }).on('error', () => {}) as Client;
    return await client.connect() as Client;

  }

}
