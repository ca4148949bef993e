import assert from 'node:assert/strict';
import { ObjectServer } from '../support/object-server.js';
import { passAll } from '../support/store-tests.js';
import type { Scenarios } from './index.js';

export const testingAStore: Scenarios = {

  async 'object-store'({ exported }) {

    const server = await ObjectServer.open();
    try {
      await passAll(() => new exported.ObjectStore(server.url));

      const store = new exported.ObjectStore(server.url);
      const id = store.newSessionId();
      await store.create(id, new Map([['a', '1']]), { lifetime: 60 });
      const [, secret] = id.split('.');
      assert.ok(server.bodies.every(body => !body.includes(secret)), 'what is stored is no use to a thief');
      assert.equal(store.isSessionId('../../etc/passwd'), false);
    } finally {
      server.close();
    }

  },

};
