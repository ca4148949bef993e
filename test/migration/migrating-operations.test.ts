import { deepStrictEqual, match, rejects, strictEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allSessions, type AtomicSessionStore, countSessions, endSession, MemoryStore, pingStore, type SessionStore, type StorePing, wrapStore } from '../../src/index.js';
import { toStored } from '../../src/info/session-details.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { toTexts } from '../../src/values/session-values.js';
import { MapStore } from '../support/map-store.js';

/** Begins sessions. @returns their handles */
function begin(store: MemoryStore, count: number, user: string | null = null): string[] {

  return Array.from({ length: count }, () => {
    const id = store.newSessionId();
    store.create(id, toTexts({ a: 1 }), { lifetime: 3600, newInfo: { info: toStored({ user, details: { created: 1, renewed: 1 } }) } });
    return store.handleOf(id);
  });

}

async function handlesIn(store: SessionStore, pageSize: number): Promise<string[]> {

  const handles: string[] = [];
  for await (const { handle } of allSessions(store, { pageSize })) handles.push(handle);
  return handles;

}

const pinging = (answer: Partial<StorePing> | Error): MemoryStore => wrapStore(new MemoryStore(), () => ({
  ping: () => {
    if (answer instanceof Error) throw answer;
    return { roundTrip: 0, clockDifference: null, selfTest: null, ...answer };
  },
})) as unknown as MemoryStore;

describe('For those who run the stores, migrating()', () => {

  it('repeats no long cursor that is none, nor does a store', async () => {

    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const both = migrating({ from, to });
    const long = 'x'.repeat(1_000_000);
    for (const page of [() => from.sessionPage({ after: long }), () => both.sessionPage?.({ after: long }), () => both.sessionPage?.({ after: `0:${long}` })]) {
      await rejects(async () => page(), ({ name, message }: Error) => name === 'TypeError' && message.length < 400);
    }

  });

  it('lists the sessions of both, whatever the size of a page, and ends any of them', async () => {

    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const handles = [...begin(from, 5), ...begin(to, 7)].sort();
    for (const phase of ['prepare', 'move'] as const) {
      const store = migrating({ from, to, phase });
      for (const pageSize of [1, 5, 1000]) deepStrictEqual([...new Set(await handlesIn(store, pageSize))].sort(), handles);
    }
    const store = migrating({ from, to });
    strictEqual((await handlesIn(store, 2)).length, 12);
    for (const handle of handles) strictEqual(await endSession(store, handle), true);
    deepStrictEqual(await handlesIn(store, 2), []);

  });

  it('refuses what is no cursor of it', async () => {

    const store = migrating({ from: new MemoryStore(), to: new MemoryStore() });
    const page = async (after: unknown) => store.sessionPage?.({ after: after as string });
    for (const after of ['', '2:', '9:', ':', '0', 'abcdefghijklmnop', '0:nonsense', '1:0:', 0, null]) {
      await rejects(page(after), { name: 'TypeError', message: /^after is .*: it must be the `next` of another page of this store$/ }, `${after}`);
    }

  });

  it('counts the sessions of both together, exactly if both do', async () => {

    const estimating = (store: MemoryStore) => wrapStore(store, inner => ({
      countSessions: async terms => ({ ...await inner.countSessions(terms), isExact: terms?.exact === true }),
    }));
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    begin(from, 3, 'ada');
    begin(to, 4);
    begin(to, 1, 'bea');
    deepStrictEqual(await countSessions(migrating({ from, to })), { live: 8, ofUsers: 4, expired: 0, isExact: true });
    for (const pair of [{ from: estimating(from), to }, { from, to: estimating(to) }]) {
      strictEqual((await countSessions(migrating(pair))).isExact, false);
      strictEqual((await countSessions(migrating(pair), { exact: true })).isExact, true);
    }

  });

  it('tells the worse of what each tells of itself', async () => {

    const asked = (from: Partial<StorePing>, to: Partial<StorePing>) => pingStore(migrating({ from: pinging(from), to: pinging(to) }));
    deepStrictEqual(await asked({ roundTrip: 0.5 }, { roundTrip: 0.2 }), { roundTrip: 0.5, clockDifference: null, selfTest: null });
    deepStrictEqual(await asked({ clockDifference: -3 }, { clockDifference: 2, selfTest: 'passed' }), { roundTrip: 0, clockDifference: -3, selfTest: 'passed' });
    const failed = { selfTest: 'failed', problem: 'the table returns other texts' } as const;
    deepStrictEqual(await asked({ selfTest: 'passed' }, failed), { roundTrip: 0, clockDifference: null, selfTest: 'failed', problem: 'the store in option to: the table returns other texts' });
    strictEqual((await asked(failed, failed)).problem, 'the store in option from: the table returns other texts; the store in option to: the table returns other texts');

  });

  it('says which of them does not answer', async () => {

    const [well, ill] = [() => pinging({}), () => pinging(new Error('connection refused'))];
    await rejects(pingStore(migrating({ from: ill(), to: well() })), { name: 'SessionStoreError', message: 'The store in option from does not answer' });
    await rejects(pingStore(migrating({ from: well(), to: ill() })), (error: Error) => {
      strictEqual(error.message, 'The store in option to does not answer');
      match(String(error.cause), /connection refused/);
      return true;
    });

  });

  it('has none of these methods that either of them lacks', () => {

    const [from, to] = [new MapStore(), new MemoryStore()];
    const store: AtomicSessionStore = migrating({ from, to });
    deepStrictEqual([store.sessionPage, store.countSessions, store.ping], [undefined, undefined, undefined]);
    throws(() => countSessions(store), { name: 'TypeError' });

  });

});
