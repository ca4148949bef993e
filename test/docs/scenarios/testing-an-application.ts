import assert from 'node:assert/strict';
import type { Scenarios } from './index.js';

export const testingAnApplication: Scenarios = {

  async tests({ exported }) {

    const tests = Object.values<() => Promise<void>>(exported.tests);
    assert.equal(tests.length, 9);
    for (const run of tests) await run();

  },

};
