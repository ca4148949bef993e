import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { inTime, KeyedLock } from '../../../src/stores/four-method/keyed-lock.js';
import { deferred, never, settled } from '../../support/events.js';

/** Lets fake time pass in steps of half a second, and everything happen that follows from it. */
async function pass({ mock }: TestContext, seconds: number): Promise<void> {

  for (let step = 0; step < seconds * 2; step++) {
    mock.timers.tick(500);
    await settled();
  }

}

describe('A lock for each key', () => {

  it('runs the tasks of one key one after the other, in their order, and those of other keys at once', async () => {

    const lock = new KeyedLock();
    const log: string[] = [];
    const first = deferred();
    const run = (name: string, onKey: string, until: Promise<void> = Promise.resolve()) => lock.run(onKey, async () => {
      log.push(`${name} starts`);
      await until;
      log.push(`${name} ends`);
      return name;
    });
    const all = [run('1', 'a', first.promise), run('2', 'a'), run('3', 'a'), run('4', 'b')];
    await settled();
    deepStrictEqual(log, ['1 starts', '4 starts', '4 ends']);
    first.resolve();
    deepStrictEqual(await Promise.all(all), ['1', '2', '3', '4']);
    deepStrictEqual(log.slice(3), ['1 ends', '2 starts', '2 ends', '3 starts', '3 ends']);

  });

  it('goes on after a task that failed', async () => {

    const lock = new KeyedLock();
    const failing = lock.run('a', () => Promise.reject(new Error('no')));
    const next = lock.run('a', async () => 'fine');
    await rejects(failing, /no/);
    strictEqual(await next, 'fine');

  });

  it('keeps a key for 30 seconds from the start of a task that never ends', async t => {

    t.mock.timers.enable({ apis: ['setTimeout'] });
    const lock = new KeyedLock();
    void lock.run('key', never);
    await pass(t, 20);
    let ran = false;
    void lock.run('key', async () => { ran = true; });
    await pass(t, 9.5);
    ok(!ran);
    await pass(t, 0.5);
    ok(ran);

  });

  it('waits longer for a read by the time for which the process was blocked, at most twice as long', async t => {

    t.mock.timers.enable({ apis: ['setTimeout'] });
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    let answer: string | undefined;
    const ask = (lost: number) => {
      answer = undefined;
      inTime(never()).catch(error => { answer = error.message; });
      now += 5000 + lost;
    };
    ask(2000);
    await pass(t, 6.5);
    strictEqual(answer, undefined);
    await pass(t, 1);
    strictEqual(answer, 'no answer to get()');
    ask(60_000);
    await pass(t, 9.5);
    strictEqual(answer, undefined);
    await pass(t, 1);
    strictEqual(answer, 'no answer to get()');

  });

  it('runs one task at a time also behind a task that never ends', async t => {

    t.mock.timers.enable({ apis: ['setTimeout'] });
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
    await pass(t, 0.5);
    void lock.run('key', task);
    await pass(t, 35);
    strictEqual(done, 2);
    strictEqual(most, 1);

  });

});
