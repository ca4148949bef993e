import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type LiveSession, SessionStoreError, type SessionValues } from '../../../src/index.js';
import { FourMethodStore } from '../../../src/stores/four-method-store.js';
import { INFO_KEY } from '../../../src/stores/four-method/four-method-values.js';
import { anyText } from '../../support/any-text.js';
import { MapStore } from '../../support/map-store.js';
import { set, texts } from '../../support/memory-store-at.js';

const INFO = { user: 'ada', details: '{"since":1}' };

/** An adapter, and the store that it wraps. */
function adapter() {

  const inner = new MapStore();
  const store = new FourMethodStore(inner);
  return { inner, store, load: async (id: string) => await store.load(id) as LiveSession };

}

describe('The user and details of a session, on a store with four methods', () => {

  it('are kept among its values, under a hidden key', async () => {

    const { inner, store, load } = adapter();
    await store.create('A', texts({ a: 1 }), { lifetime: 60, newInfo: { info: INFO } });
    deepStrictEqual(inner.records.get('A'), { a: 1, '@curveball/session': ['ada', '{"since":1}'] });
    const { texts: seen, info } = await load('A');
    deepStrictEqual([...seen], [['a', '1']]);
    deepStrictEqual(info, INFO);
    deepStrictEqual(await store.get('A'), { a: 1 });

  });

  it('stay through updates, touches and moves, until a move gives others', async () => {

    const { inner, store, load } = adapter();
    await store.create('A', texts({ a: 1 }), { lifetime: 60, newInfo: { info: INFO } });
    await store.update('A', { set: texts({ b: 2 }), unset: ['a', INFO_KEY] }, { lifetime: 60 });
    await store.touch('A', 60);
    strictEqual(await store.move('A', 'B', set({}), { lifetime: 60 }), 'moved');
    deepStrictEqual(inner.records.get('B'), { b: 2, [INFO_KEY]: ['ada', '{"since":1}'] });
    deepStrictEqual(await store.load('A'), { status: 'retired', moved: true, info: INFO });
    const bob = { user: 'bob', details: '' };
    strictEqual(await store.move('B', 'C', set({}), { lifetime: 60, newInfo: { info: bob } }), 'moved');
    deepStrictEqual((await load('C')).info, bob);
    for (const id of ['A', 'B']) deepStrictEqual(await store.load(id), { status: 'retired', moved: true, info: bob });
    await store.end('C');
    for (const id of ['A', 'B', 'C']) deepStrictEqual(await store.load(id), { status: 'retired', moved: false });

  });

  it('keep a session without keys alive', async () => {

    const { inner, store, load } = adapter();
    await store.create('A', texts({ a: 1 }), { lifetime: 60, newInfo: { info: INFO } });
    strictEqual(await store.update('A', { set: new Map(), unset: ['a'] }, { lifetime: 60 }), 'updated');
    await store.create('B', texts({ a: 1 }), { lifetime: 60, newInfo: { info: INFO } });
    strictEqual(await store.move('B', 'C', { set: new Map(), unset: ['a'] }, { lifetime: 60, newInfo: { info: INFO } }), 'moved');
    for (const id of ['A', 'C']) deepStrictEqual((await load(id)).info, INFO);
    await store.create('D', texts({ a: 1 }), { lifetime: 60 });
    strictEqual(await store.update('D', { set: new Map(), unset: ['a'] }, { lifetime: 60 }), 'updated');
    strictEqual((await load('D')).texts.size, 0);
    inner.records.set('E', {});
    strictEqual(await store.load('E'), null);

  });

  it('can\'t be set by the application', async () => {

    const { inner, store } = adapter();
    const forged = { a: 1, [INFO_KEY]: ['root', ''] };
    const refused = { name: 'SessionValueError', message: 'session["@curveball/session"] has a name that is reserved for the store' };
    await rejects(async () => store.create('A', texts(forged), { lifetime: 60 }), refused);
    await store.create('A', texts({ a: 1 }), { lifetime: 60, newInfo: { info: INFO } });
    await rejects(async () => store.update('A', set(forged), { lifetime: 60 }), refused);
    await rejects(async () => store.move('A', 'B', set(forged), { lifetime: 60 }), refused);
    deepStrictEqual(inner.records, new Map([['A', { a: 1, [INFO_KEY]: ['ada', '{"since":1}'] }]]));

  });

  it('are an error if that key holds anything else: a session must not lose its deadline', async () => {

    const { inner, store, load } = adapter();
    const hostile: unknown[] = [
      null, 1, 'ada', [], ['ada'], ['ada', '', 1], ['', ''], [1, ''], ['ada', 1], ['ada', 'é'], ['ada', '\n'], ['ada', 'x'.repeat(4201)],
      { 0: 'ada', 1: '', length: 2 }, [['ada'], ''], [undefined, ''],
    ];
    for (const value of hostile) {
      const id = await store.newSessionId();
      inner.records.set(id, { a: 1, [INFO_KEY]: value } as SessionValues);
      await rejects(store.load(id), SessionStoreError);
      await rejects(store.update(id, set({ b: 2 }), { lifetime: 60 }), SessionStoreError);
      deepStrictEqual(inner.records.get(id), { a: 1, [INFO_KEY]: value });
      strictEqual(await store.end(id), true);
      strictEqual(inner.records.has(id), false);
    }
    // Inherited properties are not values of the session.
    inner.records.set('A', Object.assign(Object.create({ [INFO_KEY]: ['ada', ''] }), { a: 1 }));
    strictEqual((await load('A')).info, undefined);

  });

  it('come back exactly, for any user and any details', async () => {

    const { store, load } = adapter();
    let ids = 0;
    const details = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map(code => String.fromCharCode(code)), maxLength: 50 });
    await fc.assert(fc.asyncProperty(anyText({ minLength: 1 }), details, async (user, details) => {
      const id = `id ${ids++}`;
      await store.create(id, texts({ a: 1 }), { lifetime: 60, newInfo: { info: { user, details } } });
      deepStrictEqual((await load(id)).info, { user, details });
    }));

  });

});

describe('The adapter of a store with four methods', () => {

  it('gives each id a handle, which does not reveal the id', () => {

    const { store } = adapter();
    const [one, two] = [store.handleOf('A'), store.handleOf('B')];
    ok(/^[\w-]{16}$/.test(one));
    notStrictEqual(one, two);
    strictEqual(store.handleOf('A'), one);

  });

  it('answers "conflict" to a move that names a former version', async () => {

    const { store, load } = adapter();
    await store.create('A', texts({ a: 1 }), { lifetime: 60 });
    const { version } = await load('A');
    await store.update('A', set({ a: 2 }), { lifetime: 60 });
    strictEqual(await store.move('A', 'B', set({}), { lifetime: 60, version }), 'conflict');
    strictEqual(await store.move('A', 'B', set({}), { lifetime: 60, version: (await load('A')).version }), 'moved');

  });

});
