import { ok, strictEqual } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { inTime, KeyedLock } from '../../src/stores/four-method/keyed-lock.js';

const never = () => new Promise<never>(() => {});

/** Lets a time pass in steps of half a second, and whatever comes of it happen. */
async function pass(seconds: number): Promise<void> {

  for (let step = 0; step < seconds * 2; step++) {
    mock.timers.tick(500);
    for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve));
  }

}

describe('A lock for each key', () => {

  it('runs tasks one after the other, in their order, also after one that failed', async () => {

    const lock = new KeyedLock();
    const order: number[] = [];
    await Promise.allSettled([1, 2, 3].map(number => lock.run('key', async () => {
      order.push(number);
      await new Promise(resolve => setImmediate(resolve));
      order.push(-number);
      if (number === 2) throw new Error('no');
    })));
    strictEqual(order.join(), '1,-1,2,-2,3,-3');

  });

  it('holds its key for 30 seconds from the start of a task that is never answered', async () => {

    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const lock = new KeyedLock();
      void lock.run('key', never);
      await pass(20);
      let ran = false;
      void lock.run('key', async () => { ran = true; });
      await pass(9);
      ok(!ran);
      await pass(2);
      ok(ran);
    } finally {
      mock.timers.reset();
    }

  });

  it('waits for a read as long again as the process stood still, at most twice its time', async () => {

    mock.timers.enable({ apis: ['setTimeout'] });
    let now = 0;
    const clock = mock.method(performance, 'now', () => now);
    try {
      let answer: string | undefined;
      const ask = (lost: number) => {
        answer = undefined;
        inTime(never()).catch(error => { answer = error.message; });
        now += 5000 + lost;
      };
      ask(2000);
      await pass(6.5);
      strictEqual(answer, undefined);
      await pass(1);
      strictEqual(answer, 'no answer to get()');
      ask(60_000);
      await pass(9.5);
      strictEqual(answer, undefined);
      await pass(1);
      strictEqual(answer, 'no answer to get()');
    } finally {
      clock.mock.restore();
      mock.timers.reset();
    }

  });

  it('runs one at a time behind a task that is never answered, too', async () => {

    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const lock = new KeyedLock();
      let inside = 0;
      let most = 0;
      let done = 0;
      const task = async () => {
        most = Math.max(most, ++inside);
        await new Promise(resolve => setTimeout(resolve, 1000));
        inside--;
        done++;
      };
      void lock.run('key', never);
      void lock.run('key', task);
      await pass(0.5);
      void lock.run('key', task);
      await pass(35);
      strictEqual(done, 2);
      strictEqual(most, 1);
    } finally {
      mock.timers.reset();
    }

  });

});
