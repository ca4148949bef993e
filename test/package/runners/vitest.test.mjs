import { test, vi } from 'vitest';
import { tests } from './suite.mjs';

const fakeTimers = { on: () => vi.useFakeTimers({ toFake: ['Date', 'performance'] }), off: () => vi.useRealTimers() };
for (const [name, run] of Object.entries(tests(fakeTimers))) test(name, run);
