import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { type Awaitable, MemoryStore } from '../../src/index.js';
import { storeGauges } from '../../src/opentelemetry/index.js';
import { deferred, settled } from '../support/events.js';
import { fakeTime } from '../support/fake-time.js';
import { meters } from '../support/metrics.js';

const COUNT = { live: 7, ofUsers: 5, expired: 2, isExact: true };

/** A store whose counts a test answers, and what is reported of it. */
function counted(options: { interval?: number; patience?: number } = {}) {

  const { meterProvider, described, collected } = meters();
  const answers: Array<() => Awaitable<typeof COUNT>> = [];
  const store = Object.assign(new MemoryStore(), { countSessions: mock.fn(() => (answers.shift() ?? (() => COUNT))()) });
  const stop = storeGauges(store, { name: 'main', meterProvider, ...options });
  const report = async () => [...await collected()].map(([name, value]) => [name.replace(/.*state=(\w+).*/, '$1'), value]);
  return { answers, stop, described, report, calls: () => store.countSessions.mock.callCount() };

}

const REPORT = [['anonymous', 2], ['user', 5], ['expired', 2]];

describe('The gauges of a store', () => {

  let time: ReturnType<typeof fakeTime>;
  beforeEach(() => { time = fakeTime(); });
  afterEach(() => time.restore());

  it('ask the store when metrics are collected, and at most once in an interval', async () => {

    const { report, stop, calls } = counted({ interval: 60 });
    strictEqual(calls(), 0);
    for (let times = 0; times < 3; times++) deepStrictEqual(await report(), REPORT);
    strictEqual(calls(), 1);
    time.advance(60_000);
    await report();
    strictEqual(calls(), 2);
    stop();
    // The SDK repeats what it was told last.
    deepStrictEqual([await report(), calls()], [REPORT, 2]);

  });

  it('ask again only when the store has answered, and report nothing meanwhile', async () => {

    const { answers, described, report, calls } = counted({ interval: 10, patience: 5 });
    const slow = deferred<typeof COUNT>();
    answers.push(() => slow.promise);
    for (let times = 0; times < 3; times++) {
      const collecting = described();
      await settled();
      time.advance(5000);
      const { errors, instruments } = await collecting;
      match(String(errors[0]), /has not counted its sessions within 5 seconds/);
      deepStrictEqual(instruments, []);
      time.advance(20_000);
    }
    strictEqual(calls(), 1);
    slow.resolve({ ...COUNT, live: 6 });
    await settled();
    deepStrictEqual([await report(), calls()], [REPORT, 2]);

  });

  it('ask again after ten minutes if a call was lost', async () => {

    const { answers, report, calls } = counted();
    answers.push(() => new Promise(() => {}));
    const first = report();
    await settled();
    time.advance(600_000);
    await first;
    deepStrictEqual([await report(), calls()], [REPORT, 2]);

  });

  it('report nothing if the store fails, without values in the error, and do not ask it more often', async () => {

    const { answers, described, calls, report } = counted({ interval: 10 });
    const query = { text: 'SELECT' };
    answers.push(() => Promise.reject(Object.assign(new Error('down: "a value"'), { query })));
    for (let times = 0; times < 2; times++) {
      const { errors, instruments } = await described();
      const { cause } = errors[0] as { cause?: Error & { query?: unknown } };
      deepStrictEqual([instruments, cause?.message, cause?.query, calls()], [[], 'down: …', undefined, 1]);
    }
    time.advance(10_000);
    deepStrictEqual(await report(), REPORT);

  });

});
