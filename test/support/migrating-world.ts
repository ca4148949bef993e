import type { AtomicSessionStore, CreateTerms, LoadTerms, SessionTexts } from '../../src/base/store.js';
import { newStoredId } from '../../src/id/stored-id.js';
import { wrapStore } from '../../src/index.js';
import { ASIDE } from '../../src/migration/aside.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { Side } from '../../src/migration/side.js';
import { toTexts } from '../../src/values/session-values.js';
import { FIRST_VALUES } from './actions.js';
import type { ParkingLot } from './parking-lot.js';
import { ParkingStore } from './parking-store.js';
import type { World } from './scenario.js';
import { timelessStore } from './worlds.js';

/** What the process of a request knows of the move: only `from`, both stores, or that sessions move. */
export type Knows = 'from' | 'prepare' | 'move';

/** Makes the store of a process that knows both. A test may put a broken one in its place. */
export type MakeMigrating = (from: AtomicSessionStore, to: AtomicSessionStore, phase: 'prepare' | 'move') => AtomicSessionStore;

const OURS: MakeMigrating = (from, to, phase) => migrating({ from, to, phase });

/** The session with which a world begins. */
export type Begun = CreateTerms & { readonly texts: SessionTexts };

/**
 * A world with one session, which is in the old one of two stores. Each request is
 * answered by a process of its own.
 */
export function migratingWorld(knows: (request: string) => Knows, make = OURS, begun: Begun = { texts: toTexts(FIRST_VALUES), lifetime: 7200 }): World {

  const [from, to] = [timelessStore(), timelessStore()];
  const first = newStoredId();
  const sessions = new Set([first]);
  const old = new Side('from', from);
  // So long that no request touches it.
  from.create(first, begun.texts, begun);
  const newId = (moving?: string) => {
    const id = newStoredId(moving);
    sessions.add(id);
    return id;
  };
  return {
    cookie: first,
    storeFor: (request, lot) => {
      const parked = (store: AtomicSessionStore) => new ParkingStore(lot, store, request, [], newId);
      const role = knows(request);
      if (role === 'from') return parked(from);
      return noting(make(parked(from), parked(to), role), request, lot);
    },
    peek: id => {
      if (!sessions.has(id)) return null;
      const inTo = to.load(id);
      // What is aside in the old store is on its way, unless it has been in the new one.
      const aside = inTo?.status === 'retired' ? null : from.load(old.asideOf(id));
      const found = [inTo, from.load(id), aside].find(each => each?.status === 'live');
      return found?.status === 'live' ? new Map([...found.texts].filter(([key]) => key !== ASIDE)) : null;
    },
  };

}

/** Notes which step decided what the first load of a request found. */
function noting(store: AtomicSessionStore, request: string, lot: ParkingLot): AtomicSessionStore {

  return wrapStore(store, inner => ({
    async load(id: string, terms?: LoadTerms) {
      const found = await inner.load(id, terms);
      const at = lot.steps.findLastIndex(({ call, answered }) => call.request === request && answered && call.method === 'load');
      if (!lot.loads.has(request)) lot.loads.set(request, at);
      return found;
    },
  }));

}
