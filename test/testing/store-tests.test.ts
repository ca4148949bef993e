import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, type SessionStore } from '../../src/index.js';
import { type StoreTestOptions, storeTests } from '../../src/testing/index.js';
import { page } from '../docs/support/markdown.js';
import { BROKEN_ATOMIC_STORES } from './support/broken-atomic-stores.js';
import { Clock } from './support/clock.js';
import { faultsOf } from './support/faults-of.js';
import { FourMethods } from './support/four-methods.js';

describe('The tests of a store', () => {

  it('have names of their own', () => {

    const names = storeTests(() => new MemoryStore()).map(({ name }) => name);
    assert.ok(names.length > 100, `${names.length} tests`);
    assert.equal(new Set(names).size, names.length);

  });

  it('can be handed to any runner: they take no argument, and need no `this`', async () => {

    const { now, wait } = new Clock();
    const store = new MemoryStore({ now });
    for (const { run } of storeTests(() => store, { wait, trials: 1 })) {
      // Mocha and Jest take a parameter for a callback that must be called.
      assert.equal(run.length, 0);
      const answer: unknown = run();
      assert.ok(answer instanceof Promise);
      assert.equal(await answer, undefined);
    }

  });

  it('open the store twice, when the first of them runs', async () => {

    const { now, wait } = new Clock();
    const store = new MemoryStore({ now });
    let opened = 0;
    const tests = storeTests(async () => {
      opened++;
      return store;
    }, { wait, trials: 1 });
    assert.equal(opened, 0);
    await Promise.all(tests.slice(0, 10).map(({ run }) => run()));
    assert.equal(opened, 2);
    for (const { run } of tests) await run();
    assert.equal(opened, 2);

  });

  it('can run all at once, and more than once', async () => {

    const store = new MemoryStore();
    const tests = storeTests(() => store, { trials: 1, alone: true });
    // Tests that waited for each other would never end.
    for (let time = 0; time < 2; time++) {
      assert.equal((await Promise.all(tests.map(({ run }) => run()))).length, tests.length);
    }

  });

  it('remove what they have stored, and nothing else', async () => {

    const { now, wait } = new Clock();
    const store = new MemoryStore({ now });
    store.create('another test\'s', new Map([['a', '1']]), { lifetime: 1e6 });
    for (const { run } of storeTests(() => store, { wait })) await run();
    assert.deepEqual([...store.store.keys()], ['another test\'s']);

  });

  it('test fewer things if a store has four methods, and more if time can be moved', () => {

    const count = (options: StoreTestOptions) => storeTests(() => new MemoryStore(), options).length;
    assert.ok(count({ atomic: false }) < count({}) / 2);
    assert.ok(count({ wait: () => {} }) > count({}));
    assert.ok(count({ alone: true }) > count({}));

  });

  it('say what to do if a store has only four methods', async () => {

    const store: SessionStore = new FourMethods(() => Date.now() / 1000);
    const test = storeTests(() => store).find(({ name }) => name.startsWith('load()'));
    await assert.rejects(async () => test?.run(), /the option \{ atomic: false \}/);

  });

  it('fail with the error of a store that can\'t be opened', async () => {

    const refused = new Error('connection refused');
    for (const { run } of storeTests(() => Promise.reject(refused)).slice(0, 3)) {
      await assert.rejects(run, error => error === refused);
    }

  });

  it('refuse wrong options', () => {

    const open = () => new MemoryStore();
    for (const [options, message] of [
      [null, 'options is null: it must be an object'],
      [{ trial: 5 }, 'option trial is unknown: it must be one of atomic, alone, trials, wait, failing'],
      [{ atomic: 'no' }, 'atomic is "no": it must be true or false'],
      [{ alone: 1 }, 'alone is 1: it must be true or false'],
      [{ trials: 0 }, 'trials is 0: it must be a whole number from 1'],
      [{ trials: 1.5 }, 'trials is 1.5: it must be a whole number from 1'],
      [{ failing: true }, 'failing is true: it must be a function that opens the store on a backend that fails'],
      [{ wait: 5 }, 'wait is 5: it must be a function that takes seconds'],
    ] as const) {
      assert.throws(() => storeTests(open, options as never), { name: 'TypeError', message });
    }

  });

  it('show where a long text first differs, on both sides', async () => {

    const whole = JSON.stringify('abcdefgh'.repeat(2 ** 17));
    for (const [place, changed] of [
      [500_000, `${whole.slice(0, 500_000)}!${whole.slice(500_001)}`],
      [65_535, whole.slice(0, 65_535)],
    ] as const) {
      const store = new MemoryStore();
      const { load } = store;
      store.load = id => {
        const found = load.call(store, id);
        if (found?.status !== 'live') return found;
        return { ...found, texts: new Map([...found.texts].map(([key, text]) => [key, text === whole ? changed : text])) };
      };
      const test = 'load() returns exactly the texts that create() and update() were given: a text of one MiB';
      const faults = await faultsOf(() => store, { trials: 1 }, [test]);
      const around = (text: string) => text.slice(place - 30, place + 30);
      const difference = `after ${place} characters: '${around(changed)}' in place of '${around(whole)}'\n`;
      assert.ok(faults.get(test)?.includes(difference), faults.get(test));
    }

  });

  it('report a failure as the documentation shows it', async () => {

    const { now, wait } = new Clock();
    const store = BROKEN_ATOMIC_STORES['shortens by touch'][0](now);
    const faults = await faultsOf(() => store, { wait, trials: 1 });
    const [shown] = /The rule is broken:[^#]*?\n(?=```)/.exec(page('docs/testing-a-store.md').text) as RegExpExecArray;
    // Each store has its own versions, and its own measure of a second.
    const alike = (text?: string) => text?.trim().replace(/version: .*,/, 'version,').replace(/(remaining\W+(is )?)[\d.]+/g, '$1');
    assert.equal(alike(faults.get('touch() never shortens a life')), alike(shown));

  });

});
