import { after, before, describe, it, mock } from 'node:test';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { storeTests } from '../../../src/testing/index.js';
import { often } from '../../support/often.js';
import { CLUSTERED, type OpenClient, SINGLE } from '../../support/redis-clients.js';
import { ShiftedRedis } from '../../support/shifted-redis.js';
import { failing } from '../../testing/support/failing.js';

/** Clients with which each race runs most often: one for each kind of server. */
const MOST = ['redis 6, client', 'redis 6, cluster'];

const PREFIX = `redis-conformance.test ${process.pid}:`;

describe('RedisStore keeps the contract of stores', { concurrency: 2 }, () => {

  for (const [kind, open] of Object.entries({ ...SINGLE, ...CLUSTERED })) {

    describe(`with ${kind}`, { concurrency: false }, () => {

      const opened: OpenClient[] = [];
      after(() => {
        for (const { close } of opened) close();
      });

      const openStore = async () => {
        const each = await open();
        opened.push(each);
        return new RedisStore({ client: each.client });
      };

      const openFailing = async (commands: number) => {
        const [{ client }] = opened as [OpenClient];
        return new RedisStore({ client: failing(client, commands, ['get', 'eval', 'evalSha', 'evalsha']) });
      };

      const trials = MOST.includes(kind) ? often(200) : 5;
      for (const { name, run } of storeTests(openStore, { trials, failing: openFailing })) it(name, run);

    });

  }

});

describe('RedisStore keeps the contract of stores when time passes', () => {

  const redis = new ShiftedRedis(PREFIX);
  let seconds = 0;
  before(async () => {
    await redis.start();
    // Time passes for the process, too: otherwise the server's clock would have been set.
    const { now } = performance;
    mock.method(performance, 'now', () => now.call(performance) + seconds * 1000);
  });
  after(() => {
    mock.restoreAll();
    redis.close();
  });

  const openStore = async () => new RedisStore({ client: await redis.client(), prefix: PREFIX });
  const wait = async (more: number) => {
    seconds += more;
    await redis.set(seconds);
  };
  // Of all tests, only those that let time pass.
  const others = new Set(storeTests(openStore).map(({ name }) => name));
  for (const { name, run } of storeTests(openStore, { wait })) if (!others.has(name)) it(name, run);

});
