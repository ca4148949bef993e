import { rejects } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SessionStore, wrapStore } from '../../src/index.js';
import { openStore } from '../../src/open/open-store.js';
import { storeTests } from '../../src/testing/index.js';

const PREFIX = 'shop-';

/** What a store gets in place of an id, and what it makes of an id of the store. */
interface Ids {
  toInner(id: string): string;
  toOuter(id: string): string;
}

/** Browsers have the prefix, and the inner store its own ids. */
const OUTSIDE: Ids = {
  toInner: id => id.startsWith(PREFIX) ? id.slice(PREFIX.length) : `unknown-${id}`,
  toOuter: id => PREFIX + id,
};

/** Browsers have the ids of the inner store, which keeps sessions under longer ones. */
const INSIDE: Ids = { toInner: id => PREFIX + id, toOuter: id => id };

/** A store that changes the ids of another. */
function withOtherIds<Store extends SessionStore>(store: Store, { toInner, toOuter }: Ids) {

  return wrapStore(store, inner => ({
    newSessionId: async before => toOuter(await inner.newSessionId(before === undefined ? undefined : toInner(before))),
    isSessionId: id => inner.isSessionId(toInner(id)),
    handleOf: id => inner.handleOf(toInner(id)),
    load: id => inner.load(toInner(id)),
    create: (id, texts, terms) => inner.create(toInner(id), texts, terms),
    update: (id, change, terms) => inner.update(toInner(id), change, terms),
    touch: (id, lifetime, user) => inner.touch(toInner(id), lifetime, user),
    end: (id, terms) => inner.end(toInner(id), terms),
    move: (id, newId, change, terms) => inner.move(toInner(id), toInner(newId), change, terms),
    get: id => inner.get(toInner(id)),
    set: (id, values, expire) => inner.set(toInner(id), values, expire),
    delete: id => inner.delete(toInner(id)),
  }));

}

describe('A wrapper that changes ids', () => {

  it('keeps every rule if the inner store gets ids of its own', async t => {

    const store = await openStore('sqlite::memory:');
    t.after(() => store.close());
    for (const { run } of storeTests(() => withOtherIds(store, OUTSIDE), { trials: 2 })) await run();

  });

  it('can move no session if the inner store gets other ids than it has made', async t => {

    const store = await openStore('sqlite::memory:');
    t.after(() => store.close());
    const wrapper = withOtherIds(store, INSIDE);
    const id = await wrapper.newSessionId();
    await wrapper.create(id, new Map(), { lifetime: 600 });
    const newId = await wrapper.newSessionId(id);
    await rejects(async () => wrapper.move(id, newId, { set: new Map(), unset: [] }, { lifetime: 600 }), /must be made by newSessionId\(\)/);

  });

});
