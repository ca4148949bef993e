import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionStore } from '../../src/index.js';
import type { StoreTestOptions } from '../../src/testing/index.js';
import { BROKEN_STORES } from '../support/broken-stores.js';
import { BROKEN_ATOMIC_STORES } from './support/broken-atomic-stores.js';
import { BROKEN_FOUR_METHODS } from './support/broken-four-methods.js';
import { BROKEN_OPERATIONS } from './support/broken-operations.js';
import { BROKEN_USERS } from './support/broken-users.js';
import { Clock } from './support/clock.js';
import { faultsOf } from './support/faults-of.js';
import { RACING_STORES } from './support/racing-stores.js';
import { TESTS_OF_SENTENCES } from './support/timeless-stores.js';

async function expectFaults(
  open: (now: () => number) => SessionStore, options: StoreTestOptions, tests: readonly string[],
): Promise<void> {

  const { now, wait } = new Clock();
  const faults = await faultsOf(() => open(now), { wait, ...options }, tests);
  for (const test of tests) assert.ok(faults.has(test), `"${test}" does not fail`);

}

/** One store for both handles. */
function once(make: (now: () => number) => SessionStore): (now: () => number) => SessionStore {

  let store: SessionStore | undefined;
  return now => store ??= make(now);

}

describe('The tests of a store catch one that', () => {

  for (const [fault, [make, ...tests]] of Object.entries(BROKEN_ATOMIC_STORES)) {
    it(fault, () => expectFaults(once(make), { trials: 3 }, tests));
  }

  it('shares nothing between two handles', () => {

    const [make] = BROKEN_ATOMIC_STORES['swallows errors'];
    return expectFaults(make, {}, ['Both handles use the same data', 'load() returns a live session']);

  });

});

describe('The tests of users catch a store that', () => {

  for (const [fault, [make, ...tests]] of Object.entries(BROKEN_USERS)) {
    it(fault, () => expectFaults(once(make), { trials: 20, alone: true }, tests));
  }

});

describe('The tests of operations catch a store that', () => {

  for (const [fault, [make, ...tests]] of Object.entries(BROKEN_OPERATIONS)) {
    it(fault, () => expectFaults(once(make), { trials: 20, alone: true }, tests));
  }

});

describe('The tests of four methods catch a store that', () => {

  for (const [fault, [make, ...tests]] of Object.entries(BROKEN_FOUR_METHODS)) {
    it(fault, () => expectFaults(once(make), { atomic: false, trials: 3 }, tests));
  }

});

describe('The races catch a store that', () => {

  for (const [fault, [make, ...tests]] of Object.entries(RACING_STORES)) {
    it(fault, () => expectFaults(once(make), { trials: 5 }, tests));
  }

});

describe('Of the broken stores for the explorations, the tests catch the one whose', () => {

  for (const [sentence, make] of Object.entries(BROKEN_STORES)) {
    it(sentence, () => expectFaults(once(make), { trials: 5 }, [TESTS_OF_SENTENCES[sentence]]));
  }

});

describe('All tests come to an end, and to a failure that names the sentence, on a store that', () => {

  const ALL = { ...BROKEN_ATOMIC_STORES, ...RACING_STORES };

  for (const fault of ['revives ended sessions by touch', 'throws for an unknown id', 'swallows errors', 'reads and writes in two steps', 'confuses two ids', 'lets two calls take a session']) {
    it(fault, async () => {

      const { now, wait } = new Clock();
      const open = once(ALL[fault][0]);
      const faults = await faultsOf(() => open(now), { wait, trials: 2 });
      assert.ok(faults.size > 0);
      for (const [test, message] of faults) assert.ok(message.startsWith(`The rule is broken: ${test}.\n`), message);

    });
  }

});
