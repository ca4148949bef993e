import { ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Engine, When } from '../../src/stores/shared/engine.js';
import { KeyedStore } from '../../src/stores/shared/keyed-store.js';
import { storeTests } from '../../src/testing/index.js';
import { Clock } from '../testing/support/clock.js';
import { MapEngine } from './shared/map-engine.js';

const LATE: Engine<'later'> = new Proxy(new MapEngine(Date.now) as unknown as Engine<'later'>, {
  get(engine, name) {
    if (name === 'answers') return 'later';
    const member = Reflect.get(engine, name, engine) as (...args: unknown[]) => unknown;
    return async (...args: unknown[]) => member.apply(engine, args);
  },
});

describe('A store over a new engine', () => {

  const { now, wait } = new Clock();
  const store = new KeyedStore(new MapEngine(() => Math.floor(now() * 1000)));
  for (const { name, run } of storeTests(() => store, { wait, alone: true })) it(name, run);

});

describe('A store over an engine', () => {

  const id = (store: KeyedStore<When>) => {
    const made = store.newSessionId();
    ok(store.isSessionId(made));
    return made;
  };

  it('that is synchronous answers and fails synchronously', () => {

    const store = new KeyedStore(new MapEngine(Date.now));
    const first = id(store);
    strictEqual(store.set(first, { a: 1 }, Date.now() / 1000 + 60), undefined);
    strictEqual(JSON.stringify(store.get(first)), '{"a":1}');
    throws(() => store.set(first, { a: 1n }, Date.now() / 1000 + 60), { name: 'SessionValueError' });
    throws(() => store.set(store.newSessionId(first), {}, Date.now() / 1000 + 60), /has another id by now/);
    throws(() => store.move(first, id(store), { set: new Map(), unset: [] }, { lifetime: 60 }), TypeError);

  });

  it('that is asynchronous answers and fails with promises', async () => {

    const store = new KeyedStore(LATE);
    const first = id(store);
    ok(store.set(first, { a: 1 }, Date.now() / 1000 + 60) instanceof Promise);
    ok(store.get(first) instanceof Promise);
    await rejects(store.set(first, { a: 1n }, Date.now() / 1000 + 60), { name: 'SessionValueError' });
    await rejects(store.set(store.newSessionId(first), {}, Date.now() / 1000 + 60), /has another id by now/);
    await rejects(store.move(first, id(store), { set: new Map(), unset: [] }, { lifetime: 60 }), TypeError);

  });

  it('does not pass on a handle that can\'t be one', async () => {

    const asked: unknown[] = [];
    const engine = new MapEngine(Date.now);
    engine.endSessionsOf = (_, which) => {
      asked.push(which);
      return [];
    };
    const store = new KeyedStore(engine);
    store.endSessionsOf('ada', { only: 'u:*' });
    strictEqual(asked.length, 0);
    store.endSessionsOf('ada', { except: '%' });
    strictEqual(JSON.stringify(asked), '[{}]');
    ok((await new KeyedStore(LATE).endSessionsOf('ada', { only: '' })).length === 0);

  });

});
