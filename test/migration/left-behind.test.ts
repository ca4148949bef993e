import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type IndexingSessionStore, MemoryStore, type SessionRecord, UserSessions, wrapStore } from '../../src/index.js';
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

  it('by a mark that a second end leaves, if the call that should have left it has failed', async () => {

    for (const [, make] of STORES) {
      for (const end of [
        (store: IndexingSessionStore, id: string) => store.end(id, { reason: 'revoked' }),
        (store: IndexingSessionStore, id: string) => store.endByHandle?.(store.handleOf(id), 'revoked'),
        async (store: IndexingSessionStore, id: string) => (await store.endSessionsOf('ada', { only: store.handleOf(id), reason: 'revoked' })).length > 0,
      ]) {
        const [from, to] = [new MemoryStore(), await make()];
        const id = begin(from, 'ada');
        const failing = wrapStore(to, () => ({ create: () => Promise.reject(new Error('no answer')) }));
        await rejects(async () => end(migrating({ from, to: failing }) as IndexingSessionStore, id), /no answer/);
        strictEqual(await end(migrating({ from, to }) as IndexingSessionStore, id), false);
        deepStrictEqual(await to.statesOf([to.handleOf(id)]), [{ status: 'retired', reason: 'revoked' }]);
      }
    }

  });

  it('and an end with an invented id, or a handle that the old store does not know, leaves nothing', async () => {

    for (const [, make] of STORES) {
      const [from, to] = [new MemoryStore(), await make()];
      const id = begin(from, 'ada');
      const handle = to.handleOf(id);
      const store = migrating({ from, to }) as IndexingSessionStore;
      const ends = async (handles: readonly string[]) => {
        for (const each of handles) {
          strictEqual(await store.endByHandle?.(each), false);
          deepStrictEqual(await store.endSessionsOf('bob', { only: each }), []);
        }
        strictEqual(await store.end(to.newSessionId(id)), false);
        strictEqual(await store.end(to.newSessionId()), false);
      };
      const unknown = to.handleOf(to.newSessionId());
      await ends([unknown, 'no handle']);
      await from.end(id);
      strictEqual(await store.end(to.newSessionId(id)), false);
      deepStrictEqual(await to.statesOf([handle, unknown]), [null, null]);
    }

  });

  it('and no user ends the session of another that was moved', async () => {

    for (const [, make] of STORES) {
      const [from, to] = [new MemoryStore(), await make()];
      const id = begin(from, 'ada');
      const store = migrating({ from, to }) as IndexingSessionStore;
      strictEqual((await store.load(id))?.status, 'live');
      deepStrictEqual(await store.endSessionsOf('bob', { only: store.handleOf(id) }), []);
      strictEqual((await store.load(id))?.status, 'live');
    }

  });

  it('and no mark is left while the move is prepared', async () => {

    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const id = begin(from, 'ada');
    strictEqual(await migrating({ from, to, phase: 'prepare' }).end(id), true);
    deepStrictEqual(await to.statesOf([to.handleOf(id)]), [null]);

  });

});

describe('When all sessions of a user end, the marks in the new store', () => {

  const USERS_SESSIONS = 60;

  it('are left a few at a time, so that they do not keep other requests waiting', async () => {

    const [from, to] = [new MemoryStore(), new MemoryStore()];
    for (let count = 0; count < USERS_SESSIONS; count++) begin(from, 'ada');
    let [running, most] = [0, 0];
    const watched = wrapStore(to, inner => ({
      async create(...args: Parameters<MemoryStore['create']>) {
        most = Math.max(most, ++running);
        await new Promise(resolve => setImmediate(resolve));
        running--;
        return inner.create(...args);
      },
    }));
    strictEqual(await new UserSessions(migrating({ from, to: watched })).endAll('ada'), USERS_SESSIONS);
    strictEqual(most, 16);

  });

  it('come last: if they fail, the new store has ended the user\'s sessions, and a failed call costs no other mark', async () => {

    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const handles = Array.from({ length: USERS_SESSIONS }, () => from.handleOf(begin(from, 'ada')));
    const inTo = begin(to, 'ada');
    let calls = 0;
    const failing = wrapStore(to, inner => ({
      create: (...args: Parameters<MemoryStore['create']>) => calls++ === 20 ? Promise.reject(new Error('no answer')) : inner.create(...args),
    }));
    await rejects(async () => (migrating({ from, to: failing }) as IndexingSessionStore).endSessionsOf('ada'), /no answer/);
    strictEqual((await to.load(inTo))?.status, 'retired');
    const newInfo = { info: toStored({ user: 'ada', details: { created: 1, renewed: 1 } }), requestAge: 5 };
    strictEqual(await to.create(to.newSessionId(), toTexts({}), { lifetime: LONG, newInfo }), 'revoked');
    const states = await to.statesOf(handles);
    strictEqual(states.filter(state => state?.status === 'retired').length, USERS_SESSIONS - 1);

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
