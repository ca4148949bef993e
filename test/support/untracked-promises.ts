import { type AsyncHook, createHook } from 'node:async_hooks';

/*
 * Loaded by `--import` before the tests: node:test follows every promise of a file,
 * to find the test that an unhandled error belongs to, which takes up to a quarter of the
 * time of tests that await a lot. Without that, such an error fails the file and is
 * printed all the same, and `make unit` still names the test. Node.js 24 and older
 * may lack the option `trackPromises`; there, nothing changes.
 */

const untracked = createHook({ init() {}, trackPromises: false } as Parameters<typeof createHook>[0]);
const flag = Object.getOwnPropertySymbols(untracked).find(symbol => Reflect.get(untracked, symbol) === true);

if (flag) {
  const hooks = Object.getPrototypeOf(untracked) as AsyncHook;
  const { enable } = hooks;
  hooks.enable = function (this: AsyncHook) {
    // Only the first hook: that of node:test.
    hooks.enable = enable;
    Reflect.set(this, flag, true);
    return enable.call(this);
  };
}
