import { show, wrong } from '../base/option-checks.js';
import { type AtomicSessionStore, isAtomic, type SessionStore } from '../base/store.js';
import { FourMethodStore } from '../stores/four-method-store.js';
import { MemoryStore } from '../stores/memory-store.js';
import { passOn } from './overlay.js';

/** The members of the contract, and which stores must have each: all, or only the atomic ones. */
const CONTRACT: Readonly<Record<keyof AtomicSessionStore, 'all' | 'atomic' | 'none'>> = {
  get: 'all', set: 'all', delete: 'all', newSessionId: 'all',
  load: 'atomic', create: 'atomic', update: 'atomic', touch: 'atomic', end: 'atomic',
  atomic: 'none', isSessionId: 'none', touchIsFree: 'none', keepsInfo: 'none', uniqueHandles: 'none', handleOf: 'none', move: 'none', take: 'none',
  sessionsOf: 'none', endSessionsOf: 'none', infoByHandle: 'none', statesOf: 'none', endAllSessions: 'none', watch: 'none', watchEnds: 'none',
  sessionPage: 'none', countSessions: 'none', ping: 'none', endByHandle: 'none', recordPage: 'none', putRecord: 'none', takeRecord: 'none',
};

/** What stores have beside the contract. */
const HOUSEKEEPING = ['setup', 'gc', 'scheduleGc', 'close'] as const;

/**
 * Marks the adapter of a store with four methods, for another copy of this package,
 * too. Sessions in such a store may come from 1.x, which does not name the cookie. So
 * none is expected.
 */
export const KEEPS_ONLY_VALUES = Symbol.for('@curveball/session: keeps only values');

const adapters = new WeakMap<SessionStore, AtomicSessionStore>();

/**
 * Checks the option `store`.
 *
 * @returns the store itself if it is atomic, otherwise its adapter
 * @throws {TypeError} that names the method that is missing
 */
export function checkedStore(store: unknown): AtomicSessionStore {

  if (store === 'memory') return new MemoryStore();
  if ((typeof store !== 'object' && typeof store !== 'function') || store === null) {
    throw wrong('store', store, "must be 'memory' or an object with get(), set(), delete() and newSessionId()");
  }
  const given = store as SessionStore;
  refuseIncomplete(given, 'all', 'a session store must have this method');
  if (!isAtomic(given)) return adapted(given);
  refuseIncomplete(given, 'atomic', 'a store with `atomic: true` must have this method');
  if (typeof given.move !== 'function' && typeof given.take !== 'function') {
    throw new TypeError('store.move and store.take are missing: a store with `atomic: true` must have one of them');
  }
  return given;

}

function refuseIncomplete(store: SessionStore, which: 'all' | 'atomic', rule: string): void {

  for (const name of CONTRACT_NAMES.filter(each => CONTRACT[each] === which)) {
    const member = (store as AtomicSessionStore)[name];
    if (typeof member !== 'function') throw new TypeError(`store.${name} is ${show(member)}: ${rule}`);
  }

}

/**
 * Returns the adapter of a store with four methods. There is one for each store,
 * since all middlewares must share what it remembers. It also has the store's members
 * that are not in the contract.
 */
export function adapted(store: SessionStore): AtomicSessionStore {

  let adapter = adapters.get(store);
  if (!adapter) {
    adapter = Object.assign(new FourMethodStore(store), { [KEEPS_ONLY_VALUES]: true });
    // The store is not atomic. A member with the name of one in the contract is something else, and hidden.
    passOn(adapter, store, HOUSEKEEPING, name => !Object.hasOwn(CONTRACT, name));
    adapters.set(store, adapter);
  }
  return adapter;

}

/** Says whether a store keeps only values: a store with four methods, or a store around one. */
export function keepsOnlyValues(store: AtomicSessionStore): boolean {

  return (store as { readonly [KEEPS_ONLY_VALUES]?: unknown })[KEEPS_ONLY_VALUES] === true;

}

/** The value of {@link KEEPS_ONLY_VALUES} of a store around two, of which one does. */
export const ONE_KEEPS_ONLY_VALUES = 'one of two';

/** Says whether a store is around two, of which one keeps only values: what it says of a session depends on where that is. */
export function oneKeepsOnlyValues(store: AtomicSessionStore): boolean {

  return (store as { readonly [KEEPS_ONLY_VALUES]?: unknown })[KEEPS_ONLY_VALUES] === ONE_KEEPS_ONLY_VALUES;

}

/** The names of all members of the contract. */
export const CONTRACT_NAMES = Object.keys(CONTRACT) as ReadonlyArray<keyof AtomicSessionStore>;

/** The names of all members that a wrapper passes on, even from a store that does not list what it has. */
export const STORE_NAMES: readonly PropertyKey[] = [...CONTRACT_NAMES, ...HOUSEKEEPING];
