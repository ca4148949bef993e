import { show, wrong } from '../base/option-checks.js';
import { isAtomic, type AtomicSessionStore, type SessionStore } from '../base/store.js';
import { FourMethodStore } from '../stores/four-method-store.js';
import { MemoryStore } from '../stores/memory-store.js';

const FOUR = ['get', 'set', 'delete', 'newSessionId'] as const;
const ATOMIC = ['load', 'create', 'update', 'touch', 'end'] as const;

/** The adapter of a store with four methods. */
type Adapter = AtomicSessionStore & {
  /** Sessions of 1.x name no cookie: none may be expected of a session of such a store. */
  readonly keepsOnlyValues: boolean;
};

const adapters = new WeakMap<SessionStore, Adapter>();

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
  for (const method of FOUR) {
    if (typeof given[method] !== 'function') {
      throw new TypeError(`store.${method} is ${show(given[method])}: a session store must have this method`);
    }
  }
  if (!isAtomic(given)) return adapted(given);
  for (const method of ATOMIC) {
    if (typeof given[method] !== 'function') {
      throw new TypeError(`store.${method} is ${show(given[method])}: a store with \`atomic: true\` must have this method`);
    }
  }
  if (typeof given.move !== 'function' && typeof given.take !== 'function') {
    throw new TypeError('store.move and store.take are missing: a store with `atomic: true` must have one of them');
  }
  return given;

}

/** Returns the adapter of a store with four methods: two middlewares on one store must share what it remembers. */
export function adapted(store: SessionStore): AtomicSessionStore {

  let adapter = adapters.get(store);
  if (!adapter) adapters.set(store, adapter = Object.assign(new FourMethodStore(store), { keepsOnlyValues: true }));
  return adapter;

}

/** Says whether a store keeps nothing but values: one of four methods, or a store around one. */
export function keepsOnlyValues(store: AtomicSessionStore): boolean {

  return (store as Partial<Adapter>).keepsOnlyValues === true;

}
