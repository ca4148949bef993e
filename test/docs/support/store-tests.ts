import type { SessionStore } from '../../../src/index.js';
import { type StoreTestOptions, storeTests } from '../../../src/testing/index.js';

/** Expects a store to pass every test that the package has for stores. */
export async function passAll(open: () => SessionStore, options: StoreTestOptions = {}): Promise<void> {

  for (const { run } of storeTests(open, { trials: 5, ...options })) await run();

}
