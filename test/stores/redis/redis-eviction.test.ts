import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { on } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createClient } from 'redis';
import type { SessionWarning } from '../../../src/index.js';
import { type IoredisClient, type NodeRedisClient, RedisStore } from '../../../src/stores/redis-store.js';
import { toTexts } from '../../../src/values/session-values.js';
import { CLUSTERED, type OpenClient, SINGLE } from '../../support/redis-clients.js';
import { startRedis, startRedisCluster } from '../../support/servers/redis.js';
import type { Server } from '../../support/servers/server.js';
import { warningsOf } from '../../support/warnings.js';

const EVICTING = ['allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl'];

let server: Server;
let cluster: Server[];

before(async () => {
  [server, cluster] = await Promise.all([startRedis(), startRedisCluster()]);
});
after(() => Promise.all([server, ...cluster].map(each => each.kill())));

async function setUp({ url }: Server, policy: string, maxmemory = '100mb'): Promise<void> {

  const admin = createClient({ url });
  await admin.connect();
  await admin.sendCommand(['CONFIG', 'SET', 'maxmemory', maxmemory]);
  await admin.sendCommand(['CONFIG', 'SET', 'maxmemory-policy', policy]);
  admin.destroy();

}

/** A new prefix for each store: a warning is given once for each prefix. */
let prefixes = 0;
const newPrefix = () => `eviction ${++prefixes}:`;

async function use(store: RedisStore): Promise<void> {

  const id = store.newSessionId();
  strictEqual(await store.create(id, toTexts({ a: 1 }), { lifetime: 60 }), true);
  strictEqual((await store.load(id))?.status, 'live');

}

/** A store on a watched client: its commands, and when they were answered. */
function watched(client: NodeRedisClient | IoredisClient, prefix = newPrefix()) {

  const asked: string[] = [];
  let report = () => {};
  const answered = new Promise<void>(resolve => {
    report = resolve;
  });
  const info = async (section: string) => {
    asked.push(section);
    try {
      return await client.info?.(section);
    } finally {
      report();
    }
  };
  const { get, eval: whole } = bound(client);
  const script = 'evalSha' in client ? { evalSha: client.evalSha.bind(client) } : { evalsha: client.evalsha.bind(client) };
  const double = { get, eval: whole, ...script, info } as NodeRedisClient | IoredisClient;
  return { store: new RedisStore({ client: double, prefix }), prefix, asked, answered };

}

function bound(client: NodeRedisClient | IoredisClient) {
  return { get: client.get.bind(client), eval: (client.eval as (...args: never[]) => unknown).bind(client) };
}

describe('A Redis server that removes keys when it is full', () => {

  for (const [kind, open] of Object.entries(SINGLE)) {

    it(`causes a warning that names the setting to change, with ${kind}`, async t => {

      const { client, close } = await open(server.url);
      t.after(close);
      for (const policy of EVICTING) {
        await setUp(server, policy);
        const { store, prefix, answered } = watched(client);
        const warnings = await warningsOf(async () => {
          await use(store);
          await answered;
          await setImmediate();
        });
        deepStrictEqual(warnings.map(({ code }) => code), ['SESSION_EVICTION']);
        const [{ message }] = warnings as [SessionWarning];
        for (const word of [`${prefix}*`, policy, 'Set maxmemory-policy to noeviction']) ok(message.includes(word), `${message} – should say ${word}`);
      }

    });

    it(`causes no warning without a limit, nor if it refuses changes when it is full, with ${kind}`, async t => {

      const { client, close } = await open(server.url);
      t.after(close);
      for (const [policy, maxmemory] of [['noeviction', '100mb'], ['noeviction', '0'], ['allkeys-lru', '0'], ['volatile-ttl', '0']] as const) {
        await setUp(server, policy, maxmemory);
        const { store, asked, answered } = watched(client);
        deepStrictEqual(await warningsOf(async () => {
          await use(store);
          await answered;
          await setImmediate();
        }), []);
        deepStrictEqual(asked, ['memory']);
      }

    });

  }

  for (const [kind, open] of Object.entries(CLUSTERED)) {

    it(`is found among the masters of a cluster, with ${kind}`, async t => {

      const { client, close } = await open(cluster.map(({ url }) => url));
      t.after(close);
      await setUp(cluster[2] as Server, 'allkeys-lru');
      const prefix = newPrefix();
      const warnings = on(process, 'warning', { signal: AbortSignal.timeout(10_000) });
      await use(new RedisStore({ client, prefix }));
      for await (const [{ code, message }] of warnings) {
        if (!message.includes(prefix)) continue;
        strictEqual(code, 'SESSION_EVICTION');
        break;
      }

    });

  }

});

describe('The check of a Redis server\'s settings', () => {

  let opened: OpenClient;
  let client: NodeRedisClient;

  before(async () => {
    await setUp(server, 'allkeys-lru');
    opened = await (SINGLE['redis 6, client'] as (url: string) => Promise<OpenClient>)(server.url);
    client = opened.client as NodeRedisClient;
  });
  after(() => opened.close());

  it('is made once by each store, after the first answer, and causes one warning', async () => {

    const { store, prefix, asked, answered } = watched(client);
    const again = watched(client, prefix);
    deepStrictEqual((await warningsOf(async () => {
      const first = store.load(store.newSessionId());
      deepStrictEqual(asked, []);
      await first;
      deepStrictEqual(asked, ['memory']);
      for (let time = 0; time < 3; time++) await use(store);
      await use(again.store);
      await Promise.all([answered, again.answered]);
      await setImmediate();
    })).map(({ code }) => code), ['SESSION_EVICTION']);
    deepStrictEqual([asked, again.asked], [['memory'], ['memory']]);

  });

  it('is not made before the store is used, since the client may not be connected yet', async () => {

    const { asked } = watched(client);
    await setImmediate();
    deepStrictEqual(asked, []);

  });

  const ANSWERS: { readonly [what: string]: NodeRedisClient['info'] } = {
    'never comes': () => new Promise(() => {}),
    'is an error': () => Promise.reject(new Error('no')),
    'is an error at once': () => {
      throw new Error('no');
    },
    'is no text': async () => 5,
    'is nothing': async () => null,
    'says nothing of memory': async () => '# Memory\r\nused_memory:1048576\r\n',
    'says nothing of a policy': async () => '# Memory\r\nmaxmemory:1048576\r\n',
    'can\'t be asked for': undefined,
  };

  for (const [what, info] of Object.entries(ANSWERS)) {

    it(`delays no call and makes none fail if the answer ${what}`, async () => {

      const rejections: unknown[] = [];
      const onRejection = (reason: unknown) => { rejections.push(reason); };
      process.on('unhandledRejection', onRejection);
      try {
        const { get, eval: whole, evalSha } = { ...bound(client), evalSha: client.evalSha.bind(client) };
        const double = { get, eval: whole, evalSha, ...(info && { info }) } as NodeRedisClient;
        deepStrictEqual(await warningsOf(() => use(new RedisStore({ client: double, prefix: newPrefix() }))), []);
        await setImmediate();
      } finally {
        process.off('unhandledRejection', onRejection);
      }
      deepStrictEqual(rejections, []);

    });

  }

  it('may be forbidden', async t => {

    const admin = createClient({ url: server.url });
    await admin.connect();
    t.after(() => admin.destroy());
    await admin.sendCommand(['ACL', 'SETUSER', 'silent', 'reset', 'on', '>secret', '~*', '+@all', '-info']);
    const other = await (SINGLE['redis 6, client'] as (url: string) => Promise<OpenClient>)(server.url.replace('redis://', 'redis://silent:secret@'));
    t.after(other.close);
    const { store, answered } = watched(other.client);
    deepStrictEqual(await warningsOf(async () => {
      await use(store);
      await answered;
      await setImmediate();
    }), []);

  });

});
