import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { toTexts } from '../../src/values/session-values.js';
import { folderWith, StoreProcess } from '../support/processes/store-process.js';
import { startMariadb } from '../support/servers/mariadb.js';
import { startPostgres } from '../support/servers/postgres.js';
import { startRedis } from '../support/servers/redis.js';
import type { Server } from '../support/servers/server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/* What a store that was opened by its address does when its server is killed, frozen or cut off. */

const LONG = 3600;
const TEXTS = toTexts({ user: 'Ada' });

/** A connection that does not answer is given up after so many milliseconds. */
const SILENCE = 5000;

interface Client {
  readonly start: () => Promise<Server>;
  /** The packages that it finds, and the packages of this project that they are. */
  readonly packages: { readonly [name: string]: string };
}

const CLIENTS: { readonly [name: string]: Client } = {
  'redis 6': { start: () => startRedis(), packages: { redis: 'redis' } },
  'redis 5': { start: () => startRedis(), packages: { redis: 'redis-5' } },
  ioredis: { start: () => startRedis(), packages: { ioredis: 'ioredis' } },
  pg: { start: () => startPostgres(), packages: { pg: 'pg' } },
  mysql2: { start: () => startMariadb(), packages: { mysql2: 'mysql2' } },
};

for (const [name, { start, packages }] of Object.entries(CLIENTS)) {

  describe(`A store that was opened with ${name}`, { concurrency: true, timeout: 120_000 }, () => {

    const folder = folderWith(packages);
    const ends: Array<() => unknown> = [];
    after(() => Promise.all(ends.map(end => end())));

    async function scene() {

      const server = await start();
      const proxy = await TcpProxy.start(server.url);
      ends.push(() => server.kill(), () => proxy.close());
      const process = await StoreProcess.start(folder, proxy.url);
      ends.push(() => process.kill());
      const id = await process.call('newSessionId');
      strictEqual(await process.call('create', id, TEXTS, { lifetime: LONG }), true);
      return { server, proxy, process, id };

    }

    it('fails at once while the server is gone, and works when it is back', async () => {

      const { server, process, id } = await scene();
      await server.kill();
      for (let tries = 0; tries < 3; tries++) {
        const before = performance.now();
        await rejects(process.call('load', id));
        ok(performance.now() - before < 1500, 'an error comes at once');
      }
      await server.start();
      await process.answers('touch', id, LONG);
      ok(process.isAlive);

    });

    it('survives a server that is killed while it has a question', async () => {

      const { server, process, id } = await scene();
      server.freeze();
      const asked = Promise.allSettled([process.call('load', id), process.call('touch', id, LONG)]);
      // The questions must arrive; a frozen server can't say that they have.
      await new Promise(resolve => setTimeout(resolve, 100));
      await server.kill();
      deepStrictEqual((await asked).map(({ status }) => status), ['rejected', 'rejected']);
      await server.start();
      await process.answers('touch', id, LONG);
      ok(process.isAlive);

    });

    it('does not wait for ever for a server that is frozen, and works when that goes on', async () => {

      const { server, process, id } = await scene();
      server.freeze();
      const before = performance.now();
      await rejects(process.call('update', id, { set: new Map([['a', '1']]), unset: [] }, { lifetime: LONG, patience: 1 }));
      ok(performance.now() - before < SILENCE * 1.6, `an error came after ${performance.now() - before} ms`);
      server.thaw();
      await process.answers('touch', id, LONG);
      strictEqual(await process.call('update', id, { set: new Map([['b', '2']]), unset: [] }, { lifetime: LONG, patience: 3 }), 'updated');
      ok(process.isAlive);

    });

    it('notices that a connection has ended without a word, while requests go on', async () => {

      const { proxy, process, id } = await scene();
      await Promise.all(Array.from({ length: 20 }, () => process.call('load', id)));
      proxy.forget();
      const before = performance.now();
      await process.answers('load', id);
      ok(performance.now() - before < SILENCE * 2.5, `it took ${performance.now() - before} ms`);
      ok(process.isAlive);

    });

    it('lets its process end, also if the server does not answer', async () => {

      const { server, process, id } = await scene();
      server.freeze();
      const ended = process.ended();
      const refused = rejects(process.call('load', id));
      await process.call('close');
      await refused;
      process.disconnect();
      const before = performance.now();
      strictEqual(await ended, 0);
      ok(performance.now() - before < 4000);

    });

  });

}
