import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, type SessionStore, type SessionValues } from '../../src/index.js';
import { FourMethodStore } from '../../src/stores/four-method-store.js';
import { type StoreTestOptions, storeTests } from '../../src/testing/index.js';
import { fromTexts, toTexts } from '../../src/values/session-values.js';
import { Clock } from './support/clock.js';
import { failing } from './support/failing.js';
import { FourMethods } from './support/four-methods.js';
import { OneRecordStore } from './support/one-record-store.js';

/** Keeps -0, which `JSON.stringify()` has no text for. */
class ExactFourMethods extends FourMethods {

  override async get(id: string) {
    const values = await super.get(id);
    return values && fromTexts(new Map(values.texts));
  }

  override async set(id: string, values: SessionValues, expire: number) {
    return super.set(id, { texts: [...toTexts(values)] }, expire);
  }

}

const FOUR = ['get', 'set', 'delete'];

/** Stores that keep their promises, each with a clock that the tests move. */
const STORES: { readonly [name: string]: (now: () => number) => readonly [SessionStore, StoreTestOptions?] } = {
  'The memory store': now => [new MemoryStore({ now }), { alone: true }],
  'A store that has take() in place of move()': now => [new OneRecordStore(now)],
  'The adapter around a store of four methods': () => {
    const commands = { left: Infinity };
    const store = new FourMethodStore(failing(new ExactFourMethods(() => Date.now() / 1000), commands, FOUR));
    return [store, { wait: undefined, failing: left => failingIn(store, commands, left) }];
  },
  'A store of four methods': now => {
    const store = new FourMethods(now);
    return [store, { atomic: false, failing: commands => failing(store, commands, FOUR) }];
  },
};

/** A store that answers without its backend, which fails during the calls of the returned function. */
function failingIn(store: FourMethodStore, commands: { left: number }, left: number): SessionStore {

  return new Proxy(store, {
    get(_, name) {
      const member: unknown = Reflect.get(store, name, store);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        commands.left = left;
        try {
          return await member.apply(store, args);
        } finally {
          commands.left = Infinity;
        }
      };
    },
  });

}

for (const [name, make] of Object.entries(STORES)) {

  describe(name, () => {

    const { now, wait } = new Clock();
    const [store, options] = make(now);
    for (const { name, run } of storeTests(() => store, { wait, ...options })) it(name, run);

  });

}

describe('The tests of a store', () => {

  it('wait for the system\'s clock by default', async () => {

    const store = new MemoryStore();
    const before = performance.now();
    await Promise.all(storeTests(() => store, { trials: 1 }).map(({ run }) => run()));
    assert.ok(performance.now() - before > 2000);

  });

});
