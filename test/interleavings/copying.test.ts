import assert from 'node:assert/strict';
import { newStoredId } from '../../src/id/stored-id.js';
import type { AtomicSessionStore, IndexingSessionStore, PutTerms, SessionRecord } from '../../src/index.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { KeyedStore } from '../../src/stores/shared/keyed-store.js';
import { toTexts } from '../../src/values/session-values.js';
import { FIRST_VALUES } from '../support/actions.js';
import { settled } from '../support/events.js';
import { explore } from '../support/explore.js';
import { test } from '../support/exploring.js';
import { ParkingLot } from '../support/parking-lot.js';
import { ParkingStore } from '../support/parking-store.js';
import { MapEngine } from '../stores/shared/map-engine.js';

/*
 * The command that copies sessions, and an application that moves them, at the same
 * time: in every order of the calls that reach the two stores, and with a copy that is
 * killed after any of its steps.
 */

type Transfer = (route: { from: AtomicSessionStore; to: AtomicSessionStore; keeps: boolean }, record: SessionRecord, readAt: number) => Promise<string>;

/** As it is built: the command imports packages that only its own folder has. */
async function built(): Promise<Transfer> {

  const { transfer }: { transfer: Transfer } = await import(new URL('../../../cli/dist/copy/transfer.js', import.meta.url).href);
  return transfer;

}

/** As the stores on servers, between which sessions are copied: it has one record for a handle. */
type OneRecordStore = ReturnType<typeof oneRecordStore>;

function oneRecordStore() {
  return new KeyedStore(new MapEngine(() => 1.7e12));
}

/** Ends a session if those of its user were ended since its record was read. */
function isRevoked(store: OneRecordStore, { handle, info }: SessionRecord, { requestAge }: PutTerms): boolean {

  const id = newStoredId();
  const isRefused = info !== undefined && store.create(id, new Map(), { lifetime: 60, newInfo: { info, requestAge } }) === 'revoked';
  store.delete(id);
  if (isRefused) store.endByHandle(handle, 'revoked');
  return isRefused;

}

/** A process that is killed after so many calls: it hears no answer of the last one. */
class Life {

  #left: number;

  constructor(calls: number) {
    this.#left = calls;
  }

  /**
   * Makes the methods that the copy calls.
   *
   * @param inSteps whether a record of a user is put into the store first, and ended then
   *   if that user's sessions were ended in the meantime, as on most servers
   */
  of(store: OneRecordStore, lot: ParkingLot, inSteps: boolean): AtomicSessionStore {

    const send = (name: string, args: unknown[], carryOut: () => unknown): Promise<unknown> => {
      if (this.#left-- <= 0) return new Promise(() => {});
      const answer = lot.park('copy', 'copy', name, args, carryOut);
      return this.#left > 0 ? answer : new Promise(() => {});
    };
    const parked = (method: 'takeRecord' | 'endByHandle' | 'statesOf') => (...args: unknown[]) => (
      send(method, args, () => (store[method] as (...args: unknown[]) => unknown)(...args)));
    const putRecord = async (record: SessionRecord, terms: PutTerms) => {
      if (!await send('putRecord', [record.handle], () => store.putRecord(record, inSteps ? {} : terms))) return false;
      return !inSteps || await send('refuse', [record.handle], () => !isRevoked(store, record, terms));
    };
    return { putRecord, takeRecord: parked('takeRecord'), endByHandle: parked('endByHandle'), statesOf: parked('statesOf') } as unknown as AtomicSessionStore;

  }

}

/** The store of an application that moves sessions. Its calls are parked. */
function application(from: OneRecordStore, to: OneRecordStore, lot: ParkingLot): IndexingSessionStore {

  const parked = (store: OneRecordStore) => Object.assign(new ParkingStore(lot, store, 'request', [], newStoredId), {
    endByHandle: (...args: Parameters<OneRecordStore['endByHandle']>) => lot.park('request', 'request', 'endByHandle', args, () => store.endByHandle(...args)),
  });
  return migrating({ from: parked(from), to: parked(to) }) as IndexingSessionStore;

}

type Act = (store: IndexingSessionStore, id: string, from: OneRecordStore) => Promise<unknown>;

/** Begins to move a session, and dies before the last step. The place in the other store has been given up since. */
async function beginToMove(from: OneRecordStore, to: OneRecordStore, id: string): Promise<void> {

  let reserved = '';
  const dying = Object.assign(Object.create(to) as OneRecordStore, {
    load: to.load.bind(to), delete: to.delete.bind(to), handleOf: to.handleOf.bind(to), isSessionId: to.isSessionId.bind(to), statesOf: to.statesOf.bind(to),
    create: (at: string, ...rest: [never, never]) => {
      reserved = at;
      return to.create(at, ...rest);
    },
    move: () => Promise.reject(new Error('killed')),
  });
  await assert.rejects(Promise.resolve(migrating({ from, to: dying }).load(id)), /killed/);
  to.delete(reserved);

}

/** Copies a session whose record was read before, in every order with what an application does. */
async function inEveryOrder(
  act: Act, check: (from: OneRecordStore, to: OneRecordStore, id: string) => Promise<void>, isCut: boolean, inSteps = false,
): Promise<number> {

  const transfer = await built();
  let runs = 0;
  for (const calls of [1, 2, 3, 4, ...inSteps ? [5] : [], Infinity]) {
    runs += await explore(async choose => {
      const [from, to] = [oneRecordStore(), oneRecordStore()];
      const id = newStoredId();
      from.create(id, toTexts(FIRST_VALUES), { lifetime: 7200, newInfo: { info: { user: 'ada', details: '{}' } } });
      if (isCut) await beginToMove(from, to, id);
      const { records: [record] } = await from.recordPage();
      const lot = new ParkingLot(() => null, []);
      const life = new Life(calls);
      const acting = act(application(from, to, lot), id, from);
      // It may fail before it is waited for.
      acting.catch(() => {});
      transfer({ from: life.of(from, lot, inSteps), to: life.of(to, lot, inSteps), keeps: false }, record as SessionRecord, performance.now()).catch(() => {});
      for (;;) {
        await settled();
        if (lot.parked.length === 0) break;
        await lot.apply(lot.parked[choose(lot.parked.length)] as never);
      }
      await acting;
      lot.close();
      await check(from, to, id);
    });
  }
  return runs;

}

const ALL = 'all sessions are ended';

const ENDS: { readonly [sentence: string]: Act } = {
  'its visitor signs out': async (store, id) => {
    assert.equal((await store.load(id))?.status, 'live');
    await store.end(id);
  },
  'it is ended by its id': async (store, id) => store.end(id),
  'it is ended by its handle': async (store, id) => store.endByHandle?.(store.handleOf(id) as string),
  'it is ended as one of its user': async (store, id) => store.endSessionsOf('ada', { only: store.handleOf(id) as string }),
  'all sessions of its user are ended': async store => store.endSessionsOf('ada'),
  [ALL]: async store => store.endAllSessions(),
};

/** Those that take many calls, which look for the handle whether or not its user's sessions were ended. */
const LONG: ReadonlySet<string> = new Set(['its visitor signs out', 'it is ended by its id']);

const change: Act = async (store, id) => {
  const found = await store.load(id);
  assert.equal(found?.status, 'live');
  assert.deepEqual([...found.texts.keys()], Object.keys(FIRST_VALUES));
  assert.equal(await store.update(id, { set: new Map([['new', '1']]), unset: [] }, { lifetime: 7200 }), 'updated');
};

for (const [what, isCut] of [['a session', false], ['a session whose move was cut off', true]] as const) {

  for (const [sentence, act] of Object.entries(ENDS)) {

    test(`${what} stays ended if it is copied, and ${sentence} at the same time, even if the copy is killed`, async t => {

      const check = async (from: OneRecordStore, to: OneRecordStore, id: string) => {
        assert.notEqual((await migrating({ from, to }).load(id))?.status, 'live');
      };
      let runs = await inEveryOrder(act, check, isCut);
      if (!LONG.has(sentence)) runs += await inEveryOrder(act, async (from, to, id) => {
        // After a copy was killed, as docs/command.md says.
        if (sentence === ALL) await migrating({ from, to }).endAllSessions?.();
        await check(from, to, id);
      }, isCut, true);
      t.diagnostic(`${runs} schedules`);

    });

  }

  for (const sentence of ['it is ended by its id', 'it is ended by its handle', 'it is ended as one of its user']) {

    test(`${what} stays ended if it is copied, and ${sentence} once more, since the call failed that should have left the mark`, async t => {

      const again: Act = (store, id, from) => {
        from.endByHandle(from.handleOf(id));
        return (ENDS[sentence] as Act)(store, id, from);
      };
      let runs = 0;
      for (const inSteps of LONG.has(sentence) ? [false] : [false, true]) {
        runs += await inEveryOrder(again, async (from, to, id) => {
          assert.notEqual((await migrating({ from, to }).load(id))?.status, 'live');
        }, isCut, inSteps);
      }
      t.diagnostic(`${runs} schedules`);

    });

  }

  test(`${what} is not lost if it is copied while it is used, even if the copy is killed, and neither is a change`, async t => {

    const runs = await inEveryOrder(change, async (from, to, id) => {
      const found = await migrating({ from, to }).load(id);
      assert.ok(found?.status === 'live' && found.texts.get('new') === '1');
      assert.equal((await to.load(id))?.status, 'live');
    }, isCut);
    t.diagnostic(`${runs} schedules`);

  });

}

for (const isCut of [false, true]) {

  test(`a session lives on that gets a new id while it is copied${isCut ? ', although its move was cut off before' : ''}`, async t => {

    let newId = '';
    const renew: Act = async (store, id) => {
      assert.equal((await store.load(id))?.status, 'live');
      newId = newStoredId(id);
      assert.equal(await store.move?.(id, newId, { set: new Map(), unset: [] }, { lifetime: 7200, newInfo: { info: { user: 'ada', details: '{"renewed":2}' } } }), 'moved');
    };
    const runs = await inEveryOrder(renew, async (from, to) => {
      assert.equal((await migrating({ from, to }).load(newId))?.status, 'live');
    }, isCut);
    t.diagnostic(`${runs} schedules`);

  });

}

test('a session whose move was cut off is found in the new store under its own id when it was copied', async () => {

  await inEveryOrder(async () => {}, async (from, to, id) => {
    const found = await migrating({ from, to }).load(id);
    assert.ok(found?.status === 'live');
    assert.deepEqual([...found.texts.keys()], Object.keys(FIRST_VALUES));
  }, true);

});
