import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { AtomicSessionStore, FoundSession, LiveSession, LoadTerms } from '../../src/base/store.js';
import { type CacheOptions, cached } from '../../src/cache/cached-store.js';
import { MemoryStore, type SessionStore, wrapStore } from '../../src/index.js';
import { collectGarbage, expectNothingKept } from '../support/carried.js';
import { PackedTexts, pack } from '../../src/stores/shared/packed-texts.js';
import { deferred, settled } from '../support/events.js';
import { fakeTime } from '../support/fake-time.js';
import { MapStore } from '../support/map-store.js';
import { RecordingStore } from '../support/recording-store.js';

const COPY: LoadTerms = { mayBeCached: true };
const nothing = { set: new Map<string, string>(), unset: [] };
const change = (text: string) => ({ set: new Map([['key', text]]), unset: [] });

/** A cache around a store over a wire, with one session in the store. */
async function there(options: CacheOptions = {}) {

  const store = new RecordingStore();
  const id = store.newSessionId();
  const session = { info: { user: 'ada', details: '{}' } };
  await store.create(id, new Map([['key', '"first"']]), { lifetime: 100, newInfo: session });
  store.takeCalls();
  return { store, id, cache: cached(store, options) };

}

/** The text of the session's key, or why there is none. */
async function textOf(store: AtomicSessionStore, id: string, terms = COPY): Promise<string | undefined> {

  const found = await store.load(id, terms);
  return found?.status === 'live' ? found.texts.get('key') : found?.status ?? 'none';

}

describe('cached()', () => {

  let time: ReturnType<typeof fakeTime>;
  beforeEach(() => { time = fakeTime(); });
  afterEach(() => time.restore());

  it('answers loads that may be cached from a copy, at once', async () => {

    const { store, id, cache } = await there();
    strictEqual(await textOf(cache, id), '"first"');
    const found = cache.load(id, COPY) as LiveSession;
    deepStrictEqual([found.status, found.texts, found.info], ['live', new Map([['key', '"first"']]), { user: 'ada', details: '{}' }]);
    deepStrictEqual(store.takeCalls(), ['load']);

  });

  it('reads the store for other loads, and keeps what it finds', async () => {

    const { store, id, cache } = await there();
    await textOf(cache, id);
    await store.memory.update(id, change('"second"'), { lifetime: 100 });
    strictEqual(await textOf(cache, id), '"first"');
    strictEqual(await textOf(cache, id, {}), '"second"');
    strictEqual(await textOf(cache, id), '"second"');
    deepStrictEqual(store.takeCalls(), ['load', 'load']);

  });

  it('uses a copy for maxAge seconds from the beginning of its load', async () => {

    const { store, id, cache } = await there({ maxAge: 2 });
    const answer = deferred();
    store.before = () => answer.promise;
    const load = textOf(cache, id);
    time.advance(1500);
    answer.resolve();
    await load;
    time.advance(499);
    await textOf(cache, id);
    deepStrictEqual(store.takeCalls(), ['load']);
    time.advance(1);
    await textOf(cache, id);
    deepStrictEqual(store.takeCalls(), ['load']);

  });

  it('lets a copy live no longer than its session', async () => {

    const { store, id, cache } = await there({ maxAge: 60 });
    store.memory.touch(id, 10);
    const life = ((await cache.load(id)) as LiveSession).remaining;
    time.advance(9_000);
    strictEqual(((await cache.load(id, COPY)) as LiveSession).remaining, life - 9);
    time.advance((life - 9) * 1000);
    store.takeCalls();
    await textOf(cache, id);
    deepStrictEqual(store.takeCalls(), ['load']);

  });

  it('shares one read between parallel loads that may be cached, and gives each a copy of its own', async () => {

    const { store, id, cache } = await there();
    const found = await Promise.all([cache.load(id, COPY), cache.load(id, COPY), cache.load(id, COPY)]) as LiveSession[];
    deepStrictEqual(store.takeCalls(), ['load']);
    for (const { texts } of [...found, await cache.load(id, COPY) as LiveSession]) {
      strictEqual(texts.get('key'), '"first"');
      (texts as Map<string, string>).clear();
    }
    await Promise.all([cache.load(id), cache.load(id)]);
    deepStrictEqual(store.takeCalls(), ['load', 'load']);

  });

  it('returns the same texts again if no one can change them, by which a store may know what a change was made from', async () => {

    const readOnly = new PackedTexts(pack(new Map([['key', '"first"']])));
    const store = wrapStore(new MemoryStore(), inner => ({
      load: id => {
        const found = inner.load(id) as LiveSession;
        return { ...found, texts: readOnly };
      },
    }));
    const cache = cached(store);
    const id = await cache.newSessionId();
    await cache.create(id, new Map(), { lifetime: 100 });
    for (const terms of [{}, COPY]) strictEqual((await cache.load(id, terms) as LiveSession).texts, readOnly);

  });

  it('does not share a load that began before a change of this process was answered', async () => {

    const { store, id, cache } = await there();
    const answer = deferred();
    store.after = method => method === 'load' ? answer.promise : undefined;
    const early = textOf(cache, id);
    await settled();
    await cache.update(id, change('"second"'), { lifetime: 100 });
    store.after = () => {};
    strictEqual(await textOf(cache, id), '"second"');
    answer.resolve();
    strictEqual(await early, '"first"');
    strictEqual(await textOf(cache, id), '"second"');

  });

  it('does not share a load that is older than maxAge', async () => {

    const { store, id, cache } = await there();
    const answer = deferred();
    store.before = () => answer.promise;
    const loads = [textOf(cache, id)];
    time.advance(999);
    loads.push(textOf(cache, id));
    time.advance(1);
    loads.push(textOf(cache, id));
    answer.resolve();
    await Promise.all(loads);
    deepStrictEqual(store.takeCalls(), ['load', 'load']);

  });

  it('keeps neither marks, nor unknown ids, nor sessions that have expired', async () => {

    const { store, id, cache } = await there();
    await store.memory.end(id);
    for (const text of ['retired', 'retired']) strictEqual(await textOf(cache, id), text);
    for (let n = 0; n < 2; n++) strictEqual(await textOf(cache, store.newSessionId()), 'none');
    strictEqual(store.takeCalls().length, 4);

  });

  it('does not keep a failure, and passes it to all who wait', async () => {

    const { store, id, cache } = await there();
    store.before = () => { throw new Error('down'); };
    await Promise.all([rejects(async () => cache.load(id, COPY), /down/), rejects(async () => cache.load(id, COPY), /down/)]);
    store.before = () => {};
    strictEqual(await textOf(cache, id), '"first"');

  });

  const CHANGES: { readonly [name: string]: (store: AtomicSessionStore, id: string) => unknown } = {
    'set()': (store, id) => store.set(id, {}, Date.now() / 1000 + 100),
    'delete()': (store, id) => store.delete(id),
    'create()': (store, id) => store.create(id, new Map(), { lifetime: 100 }),
    'update()': (store, id) => store.update(id, change('"second"'), { lifetime: 100 }),
    'update() that conflicts': (store, id) => store.update(id, nothing, { lifetime: 100, version: 'another' }),
    'touch()': (store, id) => store.touch(id, 1000),
    'end()': (store, id) => store.end(id),
    'move()': (store, id) => store.move?.(id, store.newSessionId(id) as string, nothing, { lifetime: 100 }),
  };

  const ENDS: typeof CHANGES = {
    'endSessionsOf()': store => store.endSessionsOf?.('ada'),
    'endAllSessions()': store => store.endAllSessions?.(),
  };

  for (const [name, act] of Object.entries(CHANGES)) {

    it(`reads the store after ${name}, also if that failed`, async () => {

      for (const fails of [false, true]) {
        const { store, id, cache } = await there();
        await textOf(cache, id);
        store.after = () => { if (fails) throw new Error('down'); };
        await Promise.resolve(act(cache, id)).catch(() => {});
        store.after = () => {};
        store.takeCalls();
        await textOf(cache, id);
        deepStrictEqual(store.takeCalls(), ['load']);
      }

    });

  }

  for (const [name, act] of Object.entries({ ...CHANGES, ...ENDS })) {

    it(`reads a store that answers at once after ${name}`, async () => {

      let loads = 0;
      const memory = new MemoryStore();
      const cache = cached(wrapStore(memory, inner => ({
        load(id: string) {
          loads++;
          return inner.load(id);
        },
      })));
      const id = cache.newSessionId() as string;
      await cache.create(id, new Map(), { lifetime: 100, newInfo: { info: { user: 'ada', details: '' } } });
      cache.load(id, COPY);
      cache.load(id, COPY);
      strictEqual(loads, 1);
      await act(cache, id);
      cache.load(id, COPY);
      strictEqual(loads, 2);

    });

  }

  for (const [name, act] of Object.entries(ENDS)) {

    it(`reads the store after ${name} has failed, since sessions may have ended`, async () => {

      const memory = new MemoryStore();
      const fails = async () => { throw new Error('down'); };
      const cache = cached(wrapStore(memory, () => ({ endSessionsOf: fails, endAllSessions: fails })));
      const id = memory.newSessionId();
      memory.create(id, new Map([['key', '1']]), { lifetime: 100 });
      await textOf(cache, id);
      memory.end(id);
      strictEqual(await textOf(cache, id), '1');
      await rejects(async () => act(cache, id), /down/);
      strictEqual(await textOf(cache, id), 'retired');

    });

  }

  it('forgets a session whose former id is ended, under its new id', async () => {

    for (const makeStore of [() => new RecordingStore(), () => new MapStore()]) {
      const cache: AtomicSessionStore = cached(makeStore() as SessionStore);
      const id = await cache.newSessionId();
      await cache.create(id, new Map([['key', '1']]), { lifetime: 100 });
      const newId = await cache.newSessionId(id);
      if (cache.move) await cache.move(id, newId, nothing, { lifetime: 100 });
      strictEqual(await textOf(cache, newId), '1');
      await cache.end(id);
      strictEqual(await textOf(cache, newId), 'retired');
    }

  });

  it('drops the least recently used sessions beyond maxSessions, and beyond maxBytes', async () => {

    for (const options of [{ maxSessions: 2 }, { maxBytes: 2500 }]) {
      const store = new RecordingStore();
      const cache = cached(store, options);
      const ids = [1, 2, 3].map(() => store.newSessionId());
      for (const id of ids) await store.create(id, new Map([['key', JSON.stringify('x'.repeat(500))]]), { lifetime: 100 });
      for (const id of ids) await textOf(cache, id);
      store.takeCalls();
      for (const id of [ids[1], ids[2]]) await textOf(cache, id);
      deepStrictEqual(store.takeCalls(), []);
      await textOf(cache, ids[0]);
      deepStrictEqual(store.takeCalls(), ['load']);
    }

  });

  it('keeps no more loads than maxSessions of a store that never answers', async () => {

    const memory = new MemoryStore();
    const hanging = wrapStore(memory, () => ({ load: () => new Promise<FoundSession | null>(() => {}) }));
    const cache = cached(hanging, { maxSessions: 10 });
    const loads = Array.from({ length: 1000 }, () => new WeakRef(cache.load(memory.newSessionId(), COPY) as object));
    // Within the task that made them, they are kept in any case.
    await new Promise(setImmediate);
    collectGarbage();
    strictEqual(loads.filter(load => load.deref()).length, 10);

  });

  it('keeps nothing of a request with the id that it carried', async () => {

    const store = new RecordingStore();
    const ids = Array.from({ length: 100 }, () => store.newSessionId());
    for (const id of ids) await store.create(id, new Map([['key', '"first"']]), { lifetime: 100 });
    const cache = cached(store);
    await expectNothingKept(ids, async id => strictEqual(await textOf(cache, id), '"first"'));
    store.takeCalls();
    for (const id of ids) strictEqual(await textOf(cache, id), '"first"');
    deepStrictEqual(store.takeCalls(), []);

  });

  it('reads a session each time that is larger than maxBytes', async () => {

    const { store, id, cache } = await there({ maxBytes: 100 });
    for (let n = 0; n < 2; n++) strictEqual(await textOf(cache, id), '"first"');
    deepStrictEqual(store.takeCalls(), ['load', 'load']);

  });

  it('has what the store has beside the contract', async () => {

    const memory = new MemoryStore();
    const cache = cached(memory);
    strictEqual(cache.store, memory.store);
    strictEqual(cache.keepsInfo, true);
    cache.close();
    strictEqual('watch' in cache, false);

  });

  it('refuses wrong options and stores', () => {

    const store = new MemoryStore();
    const wrong: Array<[unknown, RegExp]> = [
      [{ maxAge: 0 }, /^maxAge is 0: it must be a number of seconds from 0\.001 to 60$/],
      [{ maxAge: 61 }, /^maxAge is 61: /],
      [{ maxAge: '1' }, /^maxAge is "1": /],
      [{ maxSessions: 0 }, /^maxSessions is 0: it must be a whole number from 1 to 10000000$/],
      [{ maxSessions: 1.5 }, /^maxSessions is 1\.5: /],
      [{ maxBytes: Infinity }, /^maxBytes is Infinity: it must be a whole number from 1 to 1099511627776$/],
      [{ maxage: 1 }, /^option maxage is unknown: it must be one of maxAge, maxSessions, maxBytes$/],
      [null, /^options is null: it must be an object$/],
    ];
    for (const [options, message] of wrong) throws(() => cached(store, options as CacheOptions), { name: 'TypeError', message });
    throws(() => cached({} as SessionStore), /^TypeError: store\.get is undefined/);

  });

});

/** A store that reports changes when the test says so. */
async function reporting(options?: CacheOptions) {

  const store = new RecordingStore();
  const id = store.newSessionId();
  await store.create(id, new Map([['key', '"first"']]), { lifetime: 1000 });
  store.takeCalls();
  let changed: (handle: string | null) => void = () => {};
  let confirmed = 0;
  let confirm = async () => {};
  const cache = cached(Object.assign(store, {
    watch(callback: typeof changed) {
      changed = callback;
      return {
        confirm() {
          confirmed++;
          return confirm();
        },
      };
    },
  }), options);
  return {
    store, id, cache,
    report: (handle: string | null) => changed(handle),
    confirmations: () => confirmed,
    confirmBy: (how: typeof confirm) => { confirm = how; },
    /** Whether the session is read from the store now. */
    async isRead(): Promise<boolean> {
      await (cache.load(id, COPY) as Promise<FoundSession>);
      await settled();
      return store.takeCalls().length > 0;
    },
  };

}

describe('cached() around a store that reports changes', () => {

  let time: ReturnType<typeof fakeTime>;
  beforeEach(() => { time = fakeTime(); });
  afterEach(() => time.restore());

  it('uses a copy for longer than maxAge, up to a minute, while the store confirms that it reports', async () => {

    const { isRead, confirmations } = await reporting();
    strictEqual(await isRead(), true);
    for (let tenths = 2; tenths < 600; tenths += 2) {
      time.advance(200);
      strictEqual(await isRead(), false, `after ${tenths} tenths`);
    }
    ok(confirmations() > 50 && confirmations() < 120, `${confirmations()} questions`);
    time.advance(200);
    strictEqual(await isRead(), true);

  });

  it('uses a copy for maxAge if the confirmation does not come', async () => {

    const { isRead, confirmBy } = await reporting();
    confirmBy(() => new Promise(() => {}));
    strictEqual(await isRead(), true);
    time.advance(999);
    strictEqual(await isRead(), false);
    time.advance(1);
    strictEqual(await isRead(), true);

  });

  it('counts a confirmation from the moment at which it asked', async () => {

    const { isRead, confirmBy } = await reporting();
    const answer = deferred();
    strictEqual(await isRead(), true);
    time.advance(600);
    confirmBy(() => answer.promise as Promise<void>);
    strictEqual(await isRead(), false);
    time.advance(300);
    answer.resolve();
    await settled();
    confirmBy(() => Promise.reject(new Error('lost')));
    time.advance(699);
    strictEqual(await isRead(), false);
    time.advance(2);
    strictEqual(await isRead(), true);

  });

  it('drops a session of which a change is reported, also if a load is under way', async () => {

    const { store, id, cache, report, isRead } = await reporting();
    const handle = store.handleOf(id);
    strictEqual(await isRead(), true);
    report(handle);
    strictEqual(await isRead(), true);
    report('another');
    strictEqual(await isRead(), false);
    report(handle);
    const answer = deferred();
    store.after = () => answer.promise;
    const early = textOf(cache, id);
    await settled();
    report(handle);
    answer.resolve();
    await early;
    store.takeCalls();
    strictEqual(await isRead(), true);

  });

  it('drops everything if reports were lost, and takes no confirmation that was asked for before', async () => {

    const { report, isRead, confirmBy } = await reporting();
    const answer = deferred();
    confirmBy(() => answer.promise as Promise<void>);
    strictEqual(await isRead(), true);
    time.advance(600);
    strictEqual(await isRead(), false);
    report(null);
    strictEqual(await isRead(), true);
    answer.resolve();
    await settled();
    confirmBy(() => Promise.reject(new Error('lost')));
    time.advance(1000);
    strictEqual(await isRead(), true);

  });

});
