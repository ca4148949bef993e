import assert from 'node:assert/strict';
import { begin } from '../support/steps.js';
import type { Scenarios } from './index.js';

export const memoryStore: Scenarios = {

  async limit({ app, site, exported }) {

    const visitor = site.visitor();
    assert.equal((await visitor.get('/')).text, '0 sessions');
    assert.equal((await visitor.get('/')).text, '1 sessions');
    const { store } = exported;
    // A smaller one of the same kind shows the rule.
    const small = new store.constructor({ maxSessions: 2 });
    await small.set('a', { n: 1 }, 4e9);
    await small.set('b', { n: 2 }, 4e9);
    small.touch('a', 60);
    await small.set('c', { n: 3 }, 4e9);
    assert.deepEqual([...small.store.keys()].sort(), ['a', 'c']);
    await begin(app, site.visitor(), { seen: true });
    assert.equal(store.store.size, 2);

  },

  async inspect({ exported }) {

    const { MemoryStore } = await import('../../../src/index.js');
    const store = new MemoryStore();
    await store.set('abc', { userId: 5 }, 4_000_000_000);
    assert.deepEqual(await exported.report(store), ['{"userId":5} until 4000000000']);
    const values = await store.get('abc');
    Object.assign(values ?? {}, { userId: 6 });
    assert.deepEqual(await store.get('abc'), { userId: 5 }, 'what it hands out is a copy');

  },

};
