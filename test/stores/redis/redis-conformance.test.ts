import { after, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { RedisStore } from '../../../src/stores/redis-store.js';
import { storeTests } from '../../../src/testing/index.js';
import { failing } from '../../testing/support/failing.js';
import { often } from '../../support/often.js';
import { CLUSTERED, type OpenClient, SINGLE } from '../../support/redis-clients.js';

/** Clients with which each race runs most often: one for each kind of server. */
const MOST = ['redis 6, client', 'redis 6, cluster'];

/** With this one, marks are waited for until they are forgotten: half a minute. */
const PATIENT = 'redis 6, client';

describe('RedisStore keeps the contract of stores', { concurrency: 2 }, () => {

  for (const [kind, open] of Object.entries({ ...SINGLE, ...CLUSTERED })) {

    describe(`with ${kind}`, { concurrency: kind === PATIENT }, () => {

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

      const wait = kind === PATIENT ? (seconds: number) => setTimeout(seconds * 1000) : undefined;
      const trials = MOST.includes(kind) ? often(200) : 20;
      for (const { name, run } of storeTests(openStore, { trials, wait, failing: openFailing })) it(name, run);

    });

  }

});
