import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Sweeper, type SweptTable } from '../../../src/stores/shared/sweeper.js';
import { deferred, settled } from '../../support/events.js';

describe('The clean-up of a table', () => {

  /** A table in which every second row is dead. */
  function table(rows: number, { isFree = true } = {}) {

    const handles = Array.from({ length: rows }, (_, index) => String(index).padStart(8, '0'));
    const calls: string[] = [];
    const left = new Set(handles);
    const swept: SweptTable = {
      batch: 25,
      begin: pause => {
        calls.push(`begin ${pause}`);
        return isFree;
      },
      page: (after, limit) => {
        calls.push('page');
        return [...left].filter(handle => handle > after).slice(0, limit).map(handle => ({ handle, dead: Number(handle) % 2 === 1 }));
      },
      remove: dead => {
        ok(dead.length <= 25);
        for (const handle of dead) left.delete(handle);
      },
      done: () => {
        calls.push('done');
      },
    };
    return { swept, left, calls };

  }

  it('reads every row, page by page, and removes the dead', async () => {

    for (const rows of [0, 1, 249, 250, 251, 1100]) {
      const { swept, left, calls } = table(rows);
      await new Sweeper(swept).gc();
      strictEqual(left.size, Math.ceil(rows / 2), String(rows));
      strictEqual(calls[0], 'begin 0');
      strictEqual(calls.at(-1), 'done');
    }

  });

  it('rests after each step for longer than the step took', async () => {

    const { swept } = table(300);
    const steps: Array<{ readonly start: number; end: number }> = [];
    const timed = <A extends readonly unknown[], R>(step: (...args: A) => R) => (...args: A): R => {
      const start = performance.now();
      const answer = step(...args);
      while (performance.now() - start < 2) { /* The step takes a while. */ }
      steps.push({ start, end: performance.now() });
      return answer;
    };
    await new Sweeper({ ...swept, page: timed(swept.page), remove: timed(swept.remove) }).gc();
    strictEqual(steps.length, 2 + 6);
    for (const [index, { start, end }] of steps.slice(0, -1).entries()) {
      ok((steps[index + 1]?.start ?? 0) - end > 2 * (end - start), String(index));
    }

  });

  it('ends after the step that is under way when it is closed, and begins anew when it is asked to', async () => {

    const { swept, left, calls } = table(1100);
    const sweeper: Sweeper = new Sweeper({ ...swept, remove: dead => {
      swept.remove(dead);
      if (left.size === 1075) sweeper.close();
    } });
    await sweeper.gc();
    deepStrictEqual([left.size, calls], [1075, ['begin 0', 'page']]);
    await sweeper.gc();
    strictEqual(left.size, 550);
    strictEqual(calls.at(-1), 'done');

  });

  it('does not go on resting when it is closed', async () => {

    const { swept } = table(10);
    const resting = deferred();
    const sweeper = new Sweeper({ ...swept, page: (after, limit) => {
      const start = performance.now();
      while (performance.now() - start < 50) { /* The rest is three times as long. */ }
      setImmediate(resting.resolve);
      return swept.page(after, limit);
    } });
    const ended = sweeper.gc();
    await resting.promise;
    const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
    const before = timers();
    sweeper.close();
    strictEqual(timers(), before - 1);
    await ended;

  });

  it('leaves everything if another process cleans up', async () => {

    const { swept, left, calls } = table(10, { isFree: false });
    await new Sweeper(swept).gc();
    strictEqual(left.size, 10);
    deepStrictEqual(calls, ['begin 0']);

  });

  it('runs once at a time', async () => {

    const { swept, calls } = table(10);
    const answered = deferred<boolean>();
    const sweeper = new Sweeper({ ...swept, begin: () => {
      calls.push('begin');
      return answered.promise;
    } });
    const both = Promise.all([sweeper.gc(), sweeper.gc()]);
    await settled();
    answered.resolve(true);
    await both;
    strictEqual(calls.filter(call => call === 'begin').length, 1);
    await sweeper.gc();
    strictEqual(calls.filter(call => call === 'begin').length, 2);

  });

  it('keeps an interval between scheduled runs of all processes, and continues after a failure', async t => {

    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { swept, calls } = table(10);
    let fails = true;
    const sweeper = new Sweeper({ ...swept, begin: pause => {
      calls.push(`begin ${pause}`);
      if (fails) throw new Error('The server is gone');
      return true;
    } });
    sweeper.schedule(600);
    t.mock.timers.tick(600_000);
    await settled();
    fails = false;
    t.mock.timers.tick(600_000);
    await sweeper.gc();
    deepStrictEqual(calls, ['begin 540000', 'begin 540000', 'page', 'done']);
    sweeper.close();

  });

});
