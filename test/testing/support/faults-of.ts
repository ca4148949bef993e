import { AssertionError } from 'node:assert';
import assert from 'node:assert/strict';
import type { SessionStore } from '../../../src/index.js';
import { type StoreTestOptions, storeTests } from '../../../src/testing/index.js';

/**
 * The tests that a store fails, each with its message.
 *
 * @param only the names of the tests to run; all by default
 */
export async function faultsOf(
  open: () => SessionStore | Promise<SessionStore>, options: StoreTestOptions, only?: readonly string[],
): Promise<Map<string, string>> {

  const faults = new Map<string, string>();
  const tests = storeTests(open, options);
  for (const name of only ?? []) assert.ok(tests.some(test => test.name === name), `There is no test "${name}"`);
  for (const { name, run } of tests) {
    if (only && !only.includes(name)) continue;
    try {
      await run();
    } catch (error) {
      assert.ok(error instanceof AssertionError, `${name} failed with ${error}`);
      faults.set(name, error.message);
    }
  }
  return faults;

}
