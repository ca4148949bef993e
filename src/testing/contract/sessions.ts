import { expect } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { expireIn, LONG } from '../lib/scene.js';

const NOT_SHARED = 'What one handle has stored, the other does not find.\n'
  + 'The function given to storeTests() is called twice: for a store that lives in memory, it must return the same store each time';

export const sessions: readonly Rule[] = [
  {
    sentence: 'Both handles use the same data',
    check: async scene => {
      const id = await scene.id();
      await scene.a.set(id, { a: 1 }, expireIn(LONG));
      expect(await scene.b.get(id) !== null, () => NOT_SHARED);
    },
  },
  {
    sentence: 'get() returns null or undefined for an unknown id',
    check: async scene => scene.expectValues(await scene.id(), null),
  },
  {
    sentence: 'delete() removes the session, and no other',
    check: async scene => {
      const [gone, kept] = [await scene.id(), await scene.id()];
      for (const id of [gone, kept]) await scene.a.set(id, { a: 1 }, expireIn(LONG));
      await scene.b.delete(gone);
      await scene.expectValues(gone, null);
      await scene.expectValues(kept, { a: 1 });
    },
  },
  {
    sentence: 'delete() succeeds if there is nothing to remove',
    check: async scene => {
      const id = await scene.id();
      await scene.a.delete(id);
      await scene.a.set(id, { a: 1 }, expireIn(LONG));
      await scene.a.delete(id);
      await scene.b.delete(id);
      await scene.expectValues(id, null);
    },
  },
];
