import assert from 'node:assert/strict';
import { createClient } from 'redis';
import { startPair } from '../../support/redis-fail-over.js';
import { until } from '../../support/until.js';
import type { Scenarios } from './index.js';

export const redis: Scenarios = {

  async 'leave-replica'({ exported }) {

    const ends: Array<() => unknown> = [];
    try {
      const { change, failOver } = await startPair({ after: end => void ends.push(end as () => unknown) }, async url => {
        const client = createClient({ url, disableOfflineQueue: true });
        client.on('error', () => {});
        await client.connect();
        exported.leaveReplica(client);
        return { client, close: () => client.destroy() };
      });
      await failOver();
      assert.ok(await until('the new master is reached', change) < 5000);
    } finally {
      for (const end of ends.reverse()) await end();
    }

  },

};
