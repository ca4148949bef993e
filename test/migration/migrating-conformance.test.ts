import { describe, it } from 'node:test';
import { type FoundSession, MemoryStore, type SessionStore, wrapStore } from '../../src/index.js';
import { migrating } from '../../src/migration/migrating-store.js';
import { storeTests } from '../../src/testing/index.js';
import { Clock } from '../testing/support/clock.js';

/** Ways of two stores into one. */
const WAYS: { readonly [sentence: string]: (from: SessionStore, to: SessionStore) => SessionStore } = {
  'with sessions that begin in the new store': (from, to) => migrating({ from, to }),
  'with sessions that begin in the old store, where they stay': (from, to) => migrating({ from, to, phase: 'prepare' }),
};

for (const [sentence, wrap] of Object.entries(WAYS)) {

  describe(`migrating() from memory to memory, ${sentence}`, () => {

    const { now, wait } = new Clock();
    const [from, to] = [new MemoryStore({ now }), new MemoryStore({ now })];
    for (const { name, run } of storeTests(() => wrap(from, to), { wait, alone: true })) it(name, run);

  });

}

/** A store in memory counts in whole seconds, and says up to one more. Two of them would add it twice to a life. */
function exact(store: MemoryStore): SessionStore {

  return wrapStore(store, inner => ({
    load(id) {
      const found = inner.load(id) as FoundSession | null;
      return found?.status === 'live' ? { ...found, remaining: found.remaining - 1 } : found;
    },
  }));

}

/** Each session begins in `from`, as if by a process that prepares the move, and is used by one that moves. */
function takingOver(from: SessionStore, to: SessionStore): SessionStore {

  const before = migrating({ from, to, phase: 'prepare' });
  return wrapStore(migrating({ from, to }), inner => ({
    async create(id, texts, terms) {
      // No store makes an id twice, so none asks the other whether it has one.
      const found = await inner.load(id);
      return found && found.status !== 'expired' ? false : before.create(id, texts, terms);
    },
  }));

}

const EXCEPT = [
  // A takeover is a use of the session: it can't be read before that without one.
  '`idle` is the number of seconds since a session was last written or touched, and load() is neither',
  // As above: an id that exists in the other store is created at the same moment.
  'Race: calls at once get the answers that they would get one after the other, in some order',
];

describe('migrating() from memory to memory, with sessions that are taken over', () => {

  const { now, wait } = new Clock();
  const [from, to] = [new MemoryStore({ now }), new MemoryStore({ now })];
  const store = takingOver(exact(from), to);
  for (const { name, run } of storeTests(() => store, { wait, alone: true })) if (!EXCEPT.includes(name)) it(name, run);

});
