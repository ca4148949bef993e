import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AtomicSessionStore, encrypted, isIndexing, type LiveSession, MemoryStore, type StoredInfo, type SessionStore } from '../../src/index.js';
import { toTexts } from '../../src/values/session-values.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { anyText } from '../support/any-text.js';
import { InfoStore } from '../support/info-store.js';
import { MapStore } from '../support/map-store.js';
import { KEYED, live, setting } from '../support/sealed.js';
import { TakeStore } from '../support/take-store.js';

const LONG = 600;
const ADA: StoredInfo = { user: 'ada', details: '{"agent":"Firefox"}' };
const BOB: StoredInfo = { user: 'bob', details: '' };

/** A session of Ada's, in a store that keeps its info. */
async function adas(inner = new InfoStore()) {

  const store = encrypted(inner, KEYED);
  const id = await store.newSessionId();
  strictEqual(await store.create(id, toTexts({ a: 1, b: 2 }), { lifetime: LONG, newInfo: { info: ADA } }), true);
  return { inner, store, id, methods: () => inner.calls.map(([method]) => method) };

}

describe('encrypted()', () => {

  it('has the methods of the store, and handles, and nothing more', () => {

    const capabilities = (store: SessionStore) => {
      const { touchIsFree, keepsInfo } = store as AtomicSessionStore;
      const methods = ['move', 'take', 'handleOf', 'sessionsOf', 'endSessionsOf', 'endAllSessions', 'setup', 'gc', 'scheduleGc', 'close'];
      return { touchIsFree, keepsInfo, methods: methods.filter(name => typeof (store as never)[name] === 'function') };
    };
    const memory = new MemoryStore();
    const { methods } = capabilities(memory);
    ok(methods.includes('gc') && methods.includes('move'));
    deepStrictEqual(new Set(capabilities(encrypted(memory)).methods), new Set([...methods, 'handleOf']));
    deepStrictEqual(capabilities(encrypted(new TakeStore())), { touchIsFree: false, keepsInfo: false, methods: ['take', 'handleOf'] });
    deepStrictEqual(capabilities(encrypted(new MapStore())).methods, ['move', 'handleOf']);
    deepStrictEqual(capabilities(encrypted(new InfoStore())), capabilities(new InfoStore()));
    ok(isIndexing(encrypted(new InfoStore())));
    ok(!isIndexing(encrypted(new MapStore())));

  });

  it('passes on the store\'s methods for its own upkeep', async () => {

    const done: string[] = [];
    const inner = Object.assign(new MapStore(), {
      setup: async () => { done.push('setup'); },
      close() { done.push(this === inner ? 'close' : 'close of another'); },
    });
    const store = encrypted(inner);
    await store.setup();
    store.close();
    deepStrictEqual(done, ['setup', 'close']);

  });

  it('makes its own ids, which keep their handle when a session moves', async () => {

    const store = encrypted(new MapStore());
    const id = await store.newSessionId();
    const next = await store.newSessionId(id);
    for (const each of [id, next]) ok(/^[\dA-Za-z]{59}$/.test(each) && store.isSessionId?.(each));
    strictEqual(next.slice(0, 16), id.slice(0, 16));
    ok(next.slice(16) !== id.slice(16));
    for (const no of ['', 'id-1', id.slice(1), `${id}a`, id.slice(0, 58) + '-', id.slice(0, 58) + 'é']) strictEqual(store.isSessionId?.(no), false);

  });

  it('finds a session whichever of the application\'s keys is the newest, and also a session from before the first key', async () => {

    const inner = new MapStore();
    const id = await encrypted(inner).newSessionId();
    const places = new Set<string>();
    for (const options of [{}, KEYED, { keys: [{ id: 'x', secret: 'y'.repeat(32) }] }]) {
      const store = encrypted(inner, options);
      await store.set(id, { a: 1 }, 4e9);
      for (const place of inner.records.keys()) places.add(place);
      await store.delete(id);
      strictEqual(inner.records.size, 0);
    }
    strictEqual(places.size, 1);
    ok([...places].every(place => place.startsWith(id.slice(0, 16)) && /^[\dA-Za-z]{59}$/.test(place)));

  });

  it('passes on every argument', async () => {

    const { inner, store, id } = await adas();
    const stored = inner.calls[0]?.[1] as string;
    ok(stored !== id);
    const [method, place, lifetime, newInfo] = inner.calls[0] as unknown as [string, string, number, { info: StoredInfo; requestAge?: number }];
    deepStrictEqual([method, place, lifetime, newInfo.info, newInfo.requestAge], ['create', stored, LONG, { user: 'ada', details: `|${ADA.details}` }, undefined]);
    inner.calls.length = 0;
    await store.touch(id, 5, 'ada');
    await store.update(id, setting({ a: '2' }), { lifetime: LONG, version: 'no version', user: 'ada' });
    await store.endSessionsOf?.('ada', { except: 'x' });
    await store.endAllSessions?.();
    await store.end(id);
    deepStrictEqual(inner.calls, [
      ['touch', stored, 5, 'ada'], ['update', stored, 'no version', undefined, 'ada'], ['endSessionsOf', 'ada', { except: 'x' }],
      ['endAllSessions'], ['end', stored],
    ]);

  });

  it('has the handles that the store lists', async () => {

    const { inner, store, id } = await adas();
    const [listed] = await store.sessionsOf?.('ada') ?? [];
    strictEqual(listed?.handle, store.handleOf?.(id));
    strictEqual(listed?.details, ADA.details);
    const next = await store.newSessionId(id);
    await store.move?.(id, next, setting({}), { lifetime: LONG });
    strictEqual(store.handleOf?.(next), listed?.handle);
    ok(![...inner.infos.keys()].includes(next));

  });

  it('has handles of its own if the store lists none', async () => {

    const store = encrypted(Object.assign(new MapStore(), { handleOf: (id: string) => `of ${id}` }));
    const id = await store.newSessionId();
    strictEqual(store.handleOf?.(id), id.slice(0, 16));
    strictEqual(store.handleOf?.(await store.newSessionId(id)), id.slice(0, 16));
    ok(!store.handleOf?.('an id of another form').includes('an id'));

  });

  it('gives back any values exactly, under any keys', async () => {

    const key = fc.oneof(anyText({ maxLength: 8 }), fc.constantFrom('', '__proto__', 'constructor', '\ud800', '\udfff', '\0', '"'));
    const session = fc.array(fc.tuple(key, fc.oneof(fc.jsonValue(), anyText(), fc.double({ noNaN: true, noDefaultInfinity: true }))), { minLength: 1, maxLength: 5 })
      .map(entries => toTexts(Object.fromEntries(entries)));
    const [memory, four] = [encrypted(new MemoryStore(), KEYED), encrypted(new MapStore())];
    await fc.assert(fc.asyncProperty(session, session, async (first, second) => {
      for (const store of [memory, four]) {
        const id = await store.newSessionId();
        await store.create(id, first, { lifetime: LONG });
        deepStrictEqual(sorted((await live(store, id)).texts), sorted(first));
        await store.update(id, { set: second, unset: [...first.keys()].filter(name => !second.has(name)) }, { lifetime: LONG });
        const next = await store.newSessionId(id);
        await store.move?.(id, next, setting({}), { lifetime: LONG });
        deepStrictEqual(sorted((await live(store, next)).texts), sorted(second));
      }
    }), { numRuns: 100 });

  });

  it('answers without a promise if the store does', () => {

    const store = encrypted(new MemoryStore(), KEYED);
    const id = store.newSessionId() as string;
    strictEqual(store.create(id, toTexts({ a: 1 }), { lifetime: LONG }), true);
    strictEqual(store.update(id, setting({ a: '2' }), { lifetime: LONG }), 'updated');
    const next = store.newSessionId(id) as string;
    strictEqual(store.move?.(id, next, setting({ b: '3' }), { lifetime: LONG }), 'moved');
    deepStrictEqual([...(store.load(next) as LiveSession).texts], [['a', '2'], ['b', '3']]);

  });

  it('refuses a store that can\'t have its ids', () => {

    const picky = Object.assign(new InfoStore(), { isSessionId: (id: string) => id.startsWith('sess:') });
    throws(() => encrypted(picky), { name: 'TypeError', message: /isSessionId\(\) refuses ids of 59 letters and digits/ });
    const narrow = Object.assign(new InfoStore(), { handleOf: (id: string) => id.slice(0, 20) });
    throws(() => encrypted(narrow), { name: 'TypeError', message: /handleOf\(\) must depend on the first 16 characters/ });
    throws(() => encrypted({} as never), /store\.get is undefined/);
    const database = { exec() {}, prepare: () => ({ get() {}, all: () => [], run() {} }) };
    encrypted(new SqliteStore({ database })).close();

  });

});

describe('A change of a session that has info', () => {

  it('needs no other call, whichever process makes it', async () => {

    const { inner, store, id, methods } = await adas();
    await store.update(id, setting({ a: '2' }), { lifetime: LONG });
    const next = await store.newSessionId(id);
    await store.move?.(id, next, setting({}), { lifetime: LONG, newInfo: { info: BOB } });
    await encrypted(inner, KEYED).update(next, setting({ a: '3' }), { lifetime: LONG });
    deepStrictEqual(methods(), ['create', 'update', 'load', 'move', 'update']);
    deepStrictEqual((await live(store, next)).values, { a: 3, b: 2 });

  });

  it('is "gone" if there is no session', async () => {

    const { inner, store, id } = await adas();
    strictEqual(await store.update(await store.newSessionId(), setting({ a: '5' }), { lifetime: LONG }), 'gone');
    await store.end(id);
    strictEqual(await encrypted(inner, KEYED).update(id, setting({ a: '5' }), { lifetime: LONG }), 'gone');

  });

  it('names no key that encrypted() has for itself', async () => {

    const { store, id } = await adas();
    const seal = '@curveball/session seal';
    const change = setting({ [seal]: '1' });
    const refused = { code: 'ERR_SESSION_VALUE', path: `session["${seal}"]` };
    await rejects(async () => store.update(id, change, { lifetime: LONG }), refused);
    await rejects(async () => store.update(id, { set: new Map(), unset: [seal] }, { lifetime: LONG }), refused);
    await rejects(async () => store.move?.(id, await store.newSessionId(id), change, { lifetime: LONG }), refused);
    await rejects(async () => store.create(await store.newSessionId(), change.set, { lifetime: LONG }), refused);
    await rejects(async () => store.set(id, { [seal]: 1 }, 4e9), refused);
    deepStrictEqual((await live(store, id)).values, { a: 1, b: 2 });

  });

  it('is readable after set(), also by another process', async () => {

    const { inner, store, id } = await adas();
    const other = encrypted(inner, KEYED);
    await other.set(id, { a: 6 }, 4e9);
    deepStrictEqual((await live(store, id)).values, { a: 6 });
    deepStrictEqual((await live(store, id)).info, ADA);
    await store.delete(id);
    await other.set(id, { a: 7 }, 4e9);
    await other.update(id, setting({ b: '8' }), { lifetime: LONG });
    deepStrictEqual(await store.get(id), { a: 7, b: 8 });

  });

  it('keeps its info in a move that passes none', async () => {

    const { store, id } = await adas();
    const next = await store.newSessionId(id);
    await store.move?.(id, next, setting({}), { lifetime: LONG });
    deepStrictEqual((await live(store, next)).info, ADA);
    const last = await store.newSessionId(next);
    await store.move?.(next, last, setting({}), { lifetime: LONG, newInfo: { info: BOB } });
    deepStrictEqual((await live(store, last)).info, BOB);

  });

});

describe('A move', () => {

  it('takes along a change that came after it had read the session', async () => {

    const { inner, store, id, methods } = await adas();
    const next = await store.newSessionId(id);
    let changes = 0;
    inner.before = async method => {
      if (method === 'move' && changes < 3) await store.update(id, setting({ [`late${changes++}`]: 'true' }), { lifetime: LONG });
    };
    strictEqual(await store.move?.(id, next, { set: new Map([['a', '2']]), unset: ['b'] }, { lifetime: LONG, patience: 60 }), 'moved');
    deepStrictEqual((await live(store, next)).values, { a: 2, late0: true, late1: true, late2: true });
    strictEqual(methods().filter(method => method === 'move').length, 4);

  });

  it('does so on a store of four methods, too', async () => {

    const inner = new MapStore();
    const store = encrypted(inner, KEYED);
    const id = await store.newSessionId();
    await store.create(id, toTexts({ a: 1 }), { lifetime: LONG });
    for (let round = 0; round < 20; round++) {
      const next = await store.newSessionId(id);
      const from = await store.newSessionId();
      await store.create(from, toTexts({ a: 1 }), { lifetime: LONG });
      const [moved, ...updates] = await Promise.all([
        store.move?.(from, next, setting({ m: '1' }), { lifetime: LONG }),
        ...Array.from({ length: 5 }, (_, index) => store.update(from, setting({ [`k${index}`]: '1' }), { lifetime: LONG })),
      ]);
      strictEqual(moved, 'moved');
      const { values } = await live(store, next);
      for (const [index, answer] of updates.entries()) strictEqual(values[`k${index}`], answer === 'updated' ? 1 : undefined, answer);
    }

  });

  it('gives up when its caller has given up, or when other changes always come first', async t => {

    const { inner, store, id, methods } = await adas();
    const next = await store.newSessionId(id);
    inner.before = async method => {
      if (method === 'move') await store.update(id, setting({ a: String(inner.calls.length) }), { lifetime: LONG });
    };
    await rejects(async () => store.move?.(id, next, setting({}), { lifetime: LONG }), /kept changing/);
    strictEqual(methods().filter(method => method === 'move').length, 100);

    let now = 0;
    t.mock.method(performance, 'now', () => now);
    inner.calls.length = 0;
    inner.before = async method => {
      if (method === 'load') now += 4000;
      if (method === 'move') await store.update(id, setting({ a: String(inner.calls.length) }), { lifetime: LONG });
    };
    await rejects(async () => store.move?.(id, next, setting({}), { lifetime: LONG, patience: 10 }), /given up/);
    deepStrictEqual(methods(), ['load', 'move', 'update', 'load', 'move', 'update', 'load']);
    deepStrictEqual(inner.calls.filter(([method]) => method === 'move').map(([, , , patience]) => patience), [6, 2]);

  });

  it('names the sealed texts that a change was made from', async () => {

    const { inner, store, id } = await adas();
    const returned: unknown[] = [];
    const named: unknown[] = [];
    const [load, update] = [inner.load.bind(inner), inner.update.bind(inner)];
    inner.load = async each => {
      const found = await load(each);
      if (found?.status === 'live') returned.push(found.texts);
      return found;
    };
    inner.update = async (each, change, terms) => {
      named.push(terms.loaded);
      return update(each, change, terms);
    };
    const { texts } = await live(store, id);
    strictEqual(await store.update(id, setting({ c: '3' }), { lifetime: LONG, loaded: texts }), 'updated');
    strictEqual(await store.update(id, setting({ c: '4' }), { lifetime: LONG, loaded: new Map(texts) }), 'updated');
    strictEqual(await store.update(id, setting({ c: '5' }), { lifetime: LONG }), 'updated');
    strictEqual(returned.length, 1);
    strictEqual(named[0], returned[0]);
    deepStrictEqual(named.slice(1), [undefined, undefined]);

  });

  it('goes on for a caller that still waits although its first patience is over, and hands on what says so', async t => {

    const { inner, store, id } = await adas();
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    inner.before = method => { if (method === 'load') now += 4000; };
    let left = 5;
    const patienceLeft = () => left;
    const given: unknown[] = [];
    for (const method of ['update', 'move'] as const) {
      const original = inner[method].bind(inner) as (...args: unknown[]) => never;
      inner[method] = (...args: unknown[]) => {
        const { patience, patienceLeft: asked } = args.at(-1) as { patience: number; patienceLeft: unknown };
        given.push([method, patience, asked === patienceLeft]);
        return original(...args);
      };
    }
    const terms = { lifetime: LONG, patience: 3, patienceLeft };
    // Its sealed texts are larger: it is loaded and counted first.
    strictEqual(await store.update(id, setting({ c: '3' }), { ...terms, maxBytes: 20 }), 'updated');
    const next = await store.newSessionId(id);
    strictEqual(await store.move?.(id, next, setting({}), terms), 'moved');
    deepStrictEqual(given, [['update', 3, true], ['update', 5, true], ['move', 5, true]]);
    left = 0;
    await rejects(async () => store.move?.(next, await store.newSessionId(next), setting({}), terms), /given up/);

  });

  it('is a conflict with a version that has passed', async () => {

    const { inner, store, id } = await adas();
    const { version } = await live(store, id);
    await store.update(id, setting({ a: '2' }), { lifetime: LONG });
    const next = await store.newSessionId(id);
    strictEqual(await store.move?.(id, next, setting({}), { lifetime: LONG, version }), 'conflict');
    const { version: latest } = await live(store, id);
    inner.before = async method => {
      if (method === 'move') await store.update(id, setting({ a: '3' }), { lifetime: LONG });
    };
    strictEqual(await store.move?.(id, next, setting({}), { lifetime: LONG, version: latest }), 'conflict');

  });

  it('reports that sessions of the user were ended in the meantime', async () => {

    const inner = Object.assign(new InfoStore(), { move: async () => 'revoked' as const });
    const { store, id } = await adas(inner);
    strictEqual(await store.move?.(id, await store.newSessionId(id), setting({}), { lifetime: LONG, patience: 3, newInfo: { info: BOB, requestAge: 1 } }), 'revoked');
    const refusing = encrypted(Object.assign(new InfoStore(), { create: async () => 'revoked' as const }));
    strictEqual(await refusing.create(await refusing.newSessionId(), toTexts({ a: 1 }), { lifetime: LONG, newInfo: { info: BOB, requestAge: 1 } }), 'revoked');

  });

});

function sorted(texts: ReadonlyMap<string, string>): Array<[string, string]> {

  return [...texts].sort(([one], [other]) => one < other ? -1 : 1);

}
