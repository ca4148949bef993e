import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore, type SessionRecord, UserSessions, wrapStore } from '../../src/index.js';
import { sha256 } from '../../src/id/stored-id.js';
import { toStored } from '../../src/info/session-details.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { openStore } from '../../src/open/open-store.js';
import { toTexts } from '../../src/values/session-values.js';

const LONG = 3600;

/** Begins a session of a user. @returns its id */
function begin(store: MemoryStore, user: string): string {

  const id = store.newSessionId();
  store.create(id, toTexts({ a: 1 }), { lifetime: LONG, newInfo: { info: toStored({ user, details: { created: 1, renewed: 1 } }) } });
  return id;

}

/** A session that is in both stores, since whoever copied it has died before it was removed from the first. */
async function twice() {

  const [from, to] = [new MemoryStore(), await openStore('sqlite::memory:')];
  const id = begin(from, 'ada');
  for (const record of (await from.recordPage()).records) await to.putRecord(record);
  return { id, from, to, store: migrating({ from, to }) };

}

describe('migrating() ends a session that a copy has left in the old store, and that has got another id in the new one', () => {

  it('when the former id is used', async () => {

    const { id, from, store } = await twice();
    strictEqual(await store.move?.(id, await store.newSessionId(id), { set: new Map(), unset: [] }, { lifetime: LONG }), 'moved');
    strictEqual((await store.load(id))?.status, 'retired');
    strictEqual(from.store.size, 0);

  });

  it('also when the new store has forgotten the former id', async () => {

    const { id, from, to, store } = await twice();
    const newId = to.newSessionId(id);
    const [record] = (await to.recordPage()).records;
    await to.delete(id);
    // As it is half a minute after it has got another id.
    await to.putRecord({ ...record, hash: sha256(newId) } as SessionRecord);
    strictEqual((await store.load(id))?.status, 'retired');
    strictEqual(from.store.size, 0);
    strictEqual((await store.load(newId))?.status, 'live');

  });

});

describe('While a way back is prepared, migrating() misses no session that another process still moves on the old way', () => {

  for (const [what, method, ask] of [
    ['lists it', 'sessionsOf', async (users: UserSessions) => (await users.list('ada')).length],
    ['ends it with its user\'s', 'endSessionsOf', (users: UserSessions) => users.endAll('ada')],
  ] as const) {
    it(what, async () => {

      const [old, next] = [new MemoryStore(), new MemoryStore()];
      const onTheOldWay = migrating({ from: old, to: next });
      const id = begin(old, 'ada');
      // It moves as soon as the store was asked to which it goes.
      const asked = wrapStore(next, inner => ({
        async [method](...args: unknown[]) {
          const answer = await (inner[method] as (...args: unknown[]) => unknown)(...args);
          await onTheOldWay.load(id);
          return answer;
        },
      }));
      const back = migrating({ from: asked, to: old, phase: 'prepare' });
      deepStrictEqual(await ask(new UserSessions(back)), 1);
      strictEqual((await back.load(id))?.status, method === 'sessionsOf' ? 'live' : 'retired');

    });
  }

});

describe('What a takeover has left in the old store, whose last call failed, opens no session', () => {

  for (const [name, make] of [['a store with one record for a handle', () => openStore('sqlite::memory:')], ['a MemoryStore', () => new MemoryStore()]] as const) {
    it(`that another process has given a new id in ${name}`, async () => {

      const [from, to] = [new MemoryStore(), await make()];
      const id = begin(from, 'ada');
      const failing = wrapStore(from, () => ({ end: () => Promise.reject(new Error('no answer')) }));
      await rejects(async () => migrating({ from: failing, to }).load(id), /no answer/);
      const newId = to.newSessionId(id);
      const [record] = (await to.recordPage()).records;
      await to.delete(id);
      // As it is half a minute after a process that knows only this store has given it another id.
      await to.putRecord({ ...record, hash: sha256(newId) } as SessionRecord);
      strictEqual(from.store.size, 1);
      strictEqual((await migrating({ from, to }).load(id))?.status, 'retired');
      strictEqual(from.store.size, 0);
      strictEqual((await migrating({ from, to }).load(newId))?.status, 'live');

    });
  }

});

describe('A session that has ended in the old store is kept out of the new one', () => {

  const STORES = [['a store with one record for a handle', () => openStore('sqlite::memory:')], ['a MemoryStore', () => new MemoryStore()]] as const;

  for (const [name, make] of STORES) {
    it(`by a mark in ${name} if a copy had read it before`, async () => {

      for (const terms of [{ reason: 'revoked' }, { moved: true }] as const) {
        const [from, to] = [new MemoryStore(), await make()];
        const id = begin(from, 'ada');
        const { records: [record] } = await from.recordPage();
        const store = migrating({ from, to });
        strictEqual(await store.end(id, terms), true);
        strictEqual(await to.putRecord(record), false);
        const expected = 'moved' in terms ? { status: 'retired', moved: true, reason: 'signed-out' } : { status: 'retired', moved: false, reason: 'revoked' };
        deepStrictEqual(await store.load(id), expected);
        deepStrictEqual(await migrating({ from, to, phase: 'prepare' }).load(id), expected);
        strictEqual(await store.end(id, terms), false);
      }

    });

    it(`not by a mark that would hide the session in ${name}, if it is in both`, async () => {

      for (const end of ['endByHandle', 'end'] as const) {
        const [from, to] = [new MemoryStore(), await make()];
        const id = begin(from, 'ada');
        for (const record of (await from.recordPage()).records) await to.putRecord(record);
        const handle = to.handleOf(id);
        const store = migrating({ from, to });
        strictEqual(await store[end]?.(end === 'end' ? id : handle), true);
        deepStrictEqual((await to.statesOf([handle])).map(state => state?.status), ['retired']);
        strictEqual((await store.load(id))?.status, 'retired');
      }

    });
  }

  it('and no mark is left while the move is prepared', async () => {

    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const id = begin(from, 'ada');
    strictEqual(await migrating({ from, to, phase: 'prepare' }).end(id), true);
    deepStrictEqual(await to.statesOf([to.handleOf(id)]), [null]);

  });

});

describe('The former id of a session that was taken over', () => {

  it('says "moved" in each phase if the visitor has another session now, or the session another id, also without info', async () => {

    for (const info of [undefined, toStored({ user: 'ada', details: { created: 1, renewed: 1 } })]) {
      for (const isReplaced of [true, false]) {
        const [from, to] = [new MemoryStore(), await openStore('sqlite::memory:')];
        const id = from.newSessionId();
        from.create(id, toTexts({ a: 1 }), { lifetime: LONG, ...(info && { newInfo: { info } }) });
        const store = migrating({ from, to });
        strictEqual((await store.load(id))?.status, 'live');
        if (isReplaced) await store.end(id, { moved: true });
        else await store.move?.(id, await store.newSessionId(id), { set: new Map(), unset: [] }, { lifetime: LONG });
        for (const each of [store, migrating({ from, to, phase: 'prepare' })]) {
          const found = await each.load(id);
          strictEqual(found?.status === 'retired' && found.moved, true);
        }
      }
    }

  });

});
