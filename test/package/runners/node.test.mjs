import { mock, test } from 'node:test';
import { tests } from './suite.mjs';

const fakeTimers = { on: () => mock.timers.enable({ apis: ['Date', 'setTimeout'] }), off: () => mock.timers.reset() };
for (const [name, run] of Object.entries(tests(fakeTimers))) test(name, run);
