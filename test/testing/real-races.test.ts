import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { createClient } from 'redis';
import { storeTests } from '../../src/testing/index.js';
import { redisUrl } from '../support/servers/addresses.js';
import { type Client, HastyRedisStore } from './support/hasty-redis-store.js';

/** Races that a store which reads and then writes always loses, whatever the server and the machine do. */
const CERTAIN: ReadonlySet<string> = new Set([
  'Race: updates of different keys are all kept',
  'Race: counts by updates with a version are exact',
  'Race: of updates with the same version, one is carried out, and the others return "conflict"',
  'Race: of two moves of one session, exactly one succeeds',
  'Requests: parallel changes of different keys are all kept, and a key that one of them removes stays removed',
  'Requests: updateSession() counts exactly',
  'Requests: of two regenerations of one id, exactly one succeeds',
]);

describe('On a real server, a store that reads and then writes', () => {

  const clients: Array<{ destroy(): void }> = [];
  after(() => {
    for (const client of clients) client.destroy();
  });

  const prefix = `${randomUUID()}:`;
  const open = async () => {
    const client = await createClient({ url: redisUrl() }).connect();
    clients.push(client);
    return new HastyRedisStore(client as unknown as Client, prefix);
  };

  for (const { name, run } of storeTests(open)) {
    if (CERTAIN.has(name)) it(`is caught: ${name}`, () => assert.rejects(run, { name: 'AssertionError' }));
    else if (!/^(Race|Requests): /.test(name)) it(`passes, alone: ${name}`, run);
  }

});
