import assert from 'node:assert/strict';
import { createClient } from 'redis';
import { startPair, until } from '../../support/redis-fail-over.js';
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
      assert.ok(await until(change) < 5000);
    } finally {
      for (const end of ends.reverse()) await end();
    }

  },

};
