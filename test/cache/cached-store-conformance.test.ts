import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cached } from '../../src/cache/cached-store.js';
import { encrypted, type SessionStore, wrapStore } from '../../src/index.js';
import { type StoreTestOptions, storeTests } from '../../src/testing/index.js';
import { innerStores } from '../testing/support/inner-stores.js';

const keys = [{ id: 'now', secret: 'a secret of the application, long enough' }];

/** Short, so that what the tests wait for is soon longer. In seconds. */
const maxAge = 0.05;

/** A store whose every load may be answered from a copy. */
function eager(store: SessionStore): SessionStore {

  return wrapStore(store, inner => ({ load: id => inner.load(id, { mayBeCached: true }) }));

}

/** The clock of a store may be moved on, but a copy grows old by that of the process. */
function waiting({ wait, ...options }: StoreTestOptions): StoreTestOptions {

  return wait ? { ...options, wait: async seconds => { await Promise.all([wait(seconds), sleep(maxAge * 1000)]); } } : options;

}

const WRAPPERS: { readonly [name: string]: (store: SessionStore) => SessionStore } = {
  'cached()': store => cached(store, { maxAge }),
  'cached() around encrypted()': store => cached(encrypted(store, { keys }), { maxAge }),
  'encrypted() around cached()': store => encrypted(cached(store, { maxAge }), { keys }),
};

/** What differs between stores is how they answer, not what a copy is: the other orders are tried around two of them. */
const IN_EACH_ORDER = ['the memory store', 'a store that has take() in place of move()'];

/** Servers that report no change to other processes, whose copies may be out of date. */
const WITHOUT_REPORTS = ['PostgreSQL', 'MySQL'];

for (const [kind, make] of Object.entries(innerStores('cached_conformance'))) {

  for (const [name, wrap] of Object.entries(WRAPPERS)) {

    if (name !== 'cached()' && !IN_EACH_ORDER.includes(kind)) continue;
    // Between processes, a load that may be cached can be out of date. The tests ask for none, so the order changes nothing there.
    const isShared = name === 'cached()' && !WITHOUT_REPORTS.includes(kind);
    if (isShared) describe(`${name} around ${kind} keeps the contract between processes`, () => {

      const [open, { failing, ...options } = {}] = make();
      const openFailing = failing && (async (commands: number) => wrap(await failing(commands)));
      const trials = 5;
      for (const { name, run } of storeTests(async () => wrap(await open()), { trials, ...options, failing: openFailing })) it(name, run);

    });

    describe(`${name} around ${kind} keeps the contract in one process, with copies`, () => {

      const [open, { failing, ...options } = {}] = make();
      let store: Promise<SessionStore> | undefined;
      const openOnce = () => {
        store ??= Promise.resolve(open()).then(wrap).then(eager);
        return store;
      };
      const trials = 5;
      for (const { name, run } of storeTests(openOnce, { trials, ...waiting(options) })) it(name, run);

    });

  }

}
