import { jest, test } from '@jest/globals';
import { tests } from './suite.mjs';

const fakeTimers = {
  on: () => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout'] }),
  off: () => jest.useRealTimers(),
};
for (const [name, run] of Object.entries(tests(fakeTimers))) test(name, run);
