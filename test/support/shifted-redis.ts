import { createClient } from 'redis';
import type { NodeRedisClient } from '../../src/stores/redis-store.js';
import { redisUrl } from './servers/addresses.js';

/** Around each script: the time that it reads, and the times at which keys expire, are so many seconds off. */
const around = (seconds: number, text: string) => `
local server, seconds = redis, ${seconds}
local function shifted(carry_out)
  return function(command, ...)
    local args = { ... }
    if command == 'TIME' then
      local time = server.call('TIME')
      return { string.format('%.0f', time[1] + seconds), time[2] }
    end
    if command == 'PEXPIREAT' then args[2] = string.format('%.0f', args[2] - seconds * 1000) end
    if command == 'SET' and args[#args - 1] == 'PXAT' then args[#args] = string.format('%.0f', args[#args] - seconds * 1000) end
    return carry_out(command, unpack(args))
  end
end
local redis = { call = shifted(server.call), pcall = shifted(server.pcall) }
${text}`;

/** A Redis server whose clock can be set: for the keys of one prefix, as far as the store sees it. */
export class ShiftedRedis {

  readonly #admin = createClient({ url: redisUrl() });
  readonly #prefix: string;
  readonly #clients: Array<{ destroy(): void }> = [];
  #seconds = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  async start(): Promise<void> {
    await this.#admin.connect();
  }

  /** Sets the clock: so many seconds off the true time. Keys expire by the new time. */
  async set(seconds: number): Promise<void> {

    const off = seconds - this.#seconds;
    this.#seconds = seconds;
    for (const key of await this.#admin.keys(`${this.#prefix}*`)) {
      const left = await this.#admin.pTTL(key);
      // A time that is not positive removes the key at once.
      if (left >= 0) await this.#admin.pExpire(key, left - Math.round(off * 1000));
    }

  }

  /** A client of another process. */
  async client(): Promise<NodeRedisClient> {

    const client = createClient({ url: redisUrl(), commandOptions: { timeout: 0 } });
    await client.connect();
    this.#clients.push(client);
    return {
      get: key => client.get(key),
      eval: (text, options) => client.eval(around(this.#seconds, text), options),
      evalSha: async () => {
        throw new Error('NOSCRIPT');
      },
      scan: (cursor, options) => client.scan(cursor, options),
    };

  }

  close(): void {
    for (const client of [this.#admin, ...this.#clients]) client.destroy();
  }

}
