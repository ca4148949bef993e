import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { BusyQueue, isBusy } from '../../../src/stores/sqlite/busy-queue.js';
import { settled } from '../../support/events.js';

/** A database that the test can lock, and a clock that it can move. */
function world(t: TestContext) {

  let now = 1000;
  t.mock.method(performance, 'now', () => now);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const state = { isLocked: false, done: [] as string[], tries: 0 };
  const task = (name: string) => () => {
    state.tries++;
    if (state.isLocked) throw Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' });
    state.done.push(name);
    return name;
  };
  const pass = async (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed++) {
      now++;
      t.mock.timers.tick(1);
      await settled();
    }
  };
  return { queue: new BusyQueue(), state, task, pass };

}

describe('A queue for a database that may be locked', () => {

  it('runs a task at once if the database is free, and throws its errors', t => {

    const { queue, task } = world(t);
    strictEqual(queue.run(task('a')), 'a');
    throws(() => queue.run(() => {
      throw new Error('of its own');
    }), /of its own/);

  });

  it('runs tasks in the order of their arrival, as soon as the database is free', async t => {

    const { queue, state, task, pass } = world(t);
    state.isLocked = true;
    const answers = [queue.run(task('a')), queue.run(task('b'))];
    await pass(30);
    deepStrictEqual(state.done, []);
    state.isLocked = false;
    // A task that arrives now must not overtake the others.
    answers.push(queue.run(task('c')));
    await pass(30);
    deepStrictEqual(state.done, ['a', 'b', 'c']);
    deepStrictEqual(await Promise.all(answers), ['a', 'b', 'c']);
    strictEqual(queue.run(task('d')), 'd');

  });

  it('tries again after a moment, once for a thousand tasks', async t => {

    const { queue, state, task, pass } = world(t);
    state.isLocked = true;
    const answers = Array.from({ length: 1000 }, (_, index) => queue.run(task(String(index))));
    await pass(1000);
    ok(state.tries > 40 && state.tries < 300, `${state.tries} tries`);
    state.isLocked = false;
    await pass(100);
    strictEqual((await Promise.all(answers)).length, 1000);

  });

  it('gives up a task when its caller does, and never runs it later', async t => {

    const { queue, state, task, pass } = world(t);
    state.isLocked = true;
    const [long, short, usual] = [queue.run(task('long'), { patience: 10 }), queue.run(task('short'), { patience: 0.1 }), queue.run(task('usual'))] as [
      Promise<string>, Promise<string>, Promise<string>,
    ];
    const failures: string[] = [];
    short.catch(error => failures.push(`short: ${error.message}: ${error.cause.message}`));
    usual.catch(error => failures.push(`usual: ${error.message}: ${error.cause.message}`));
    await pass(130);
    deepStrictEqual(failures, ['short: Another process has had the database locked for too long: locked']);
    await pass(3000);
    deepStrictEqual(failures[1], 'usual: Another process has had the database locked for too long: locked');
    state.isLocked = false;
    await pass(30);
    strictEqual(await long, 'long');
    deepStrictEqual(state.done, ['long']);

  });

  it('gives up a task without a try if its time ran out while the process was blocked', async t => {

    const { queue, state, task, pass } = world(t);
    state.isLocked = true;
    const late = queue.run(task('late'), { patience: 0.5 }) as Promise<string>;
    state.isLocked = false;
    const { now } = performance;
    t.mock.method(performance, 'now', () => now() + 1000);
    const refused = rejects(late, /locked for too long/);
    await pass(30);
    await refused;
    deepStrictEqual(state.done, []);

  });

  it('tries a task if its caller still waits, however long the process was blocked, and not if the caller has given up', async t => {

    const { queue, state, task, pass } = world(t);
    state.isLocked = true;
    let left = 0.5;
    const patienceLeft = () => left;
    const first = queue.run(task('a'), { patience: 0.5, patienceLeft });
    state.isLocked = false;
    const { now } = performance;
    t.mock.method(performance, 'now', () => now() + 10_000);
    await pass(30);
    strictEqual(await first, 'a');
    state.isLocked = true;
    const second = queue.run(task('b'), { patience: 60, patienceLeft }) as Promise<string>;
    const refused = rejects(second, /locked for too long/);
    left = 0;
    state.isLocked = false;
    await pass(30);
    await refused;
    deepStrictEqual(state.done, ['a']);

  });

  it('does not count the time for which the process was blocked if a caller does not say how long it waits', async t => {

    const { queue, state, task, pass } = world(t);
    state.isLocked = true;
    const tasks = [queue.run(task('a')), queue.run(task('b'), {})];
    await pass(1000);
    const { now } = performance;
    t.mock.method(performance, 'now', () => now() + 60_000);
    await pass(1900);
    state.isLocked = false;
    await pass(30);
    deepStrictEqual(await Promise.all(tasks), ['a', 'b']);
    state.isLocked = true;
    const refused = rejects(queue.run(task('c')) as Promise<string>, /locked for too long/);
    await pass(3100);
    await refused;

  });

  it('continues after a task that fails for another reason', async t => {

    const { queue, state, task, pass } = world(t);
    state.isLocked = true;
    const first = queue.run(task('a')) as Promise<string>;
    const broken = queue.run((): string => {
      throw new Error('of its own');
    }) as Promise<string>;
    const last = queue.run(task('b'));
    const refused = rejects(broken, /of its own/);
    state.isLocked = false;
    await pass(30);
    strictEqual(await first, 'a');
    await refused;
    strictEqual(await last, 'b');

  });

  it('recognizes a lock by the errors of each driver', () => {

    for (const error of [
      { code: 'SQLITE_BUSY' }, { code: 'SQLITE_BUSY_SNAPSHOT' }, { code: 'SQLITE_BUSY_RECOVERY' }, { code: 'SQLITE_LOCKED' },
      { code: 'SQLITE_LOCKED_SHAREDCACHE' }, { code: 'ERR_SQLITE_ERROR', errcode: 5 }, { code: 'ERR_SQLITE_ERROR', errcode: 517 },
      { code: 'ERR_SQLITE_ERROR', errcode: 6 },
    ]) ok(isBusy(Object.assign(new Error(), error)), JSON.stringify(error));
    for (const error of [
      { code: 'SQLITE_FULL' }, { code: 'SQLITE_READONLY' }, { code: 'ERR_SQLITE_ERROR', errcode: 13 }, { code: 'ERR_INVALID_STATE' }, {},
    ]) ok(!isBusy(Object.assign(new Error(), error)), JSON.stringify(error));
    for (const thrown of [null, undefined, 'text']) ok(!isBusy(thrown));

  });

});
