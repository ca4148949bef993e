import type { Rule } from '../lib/rule.js';
import { expireIn, LONG } from '../lib/scene.js';

/** Seconds after which a session with a lifetime of 1 second is over, whichever fraction of a second it began at. */
export const A_WHILE = 2.2;

export const expiry: readonly Rule[] = [
  {
    sentence: 'get() returns null or undefined for a session whose `expire` has passed',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.id();
      await scene.a.set(id, { a: 1 }, expireIn(1));
      await scene.wait();
      await scene.expectValues(id, null);
    },
  },
  {
    sentence: 'get() returns a session whose `expire` has not passed',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.id();
      await scene.a.set(id, { a: 1 }, expireIn(LONG));
      await scene.wait();
      await scene.expectValues(id, { a: 1 });
    },
  },
  {
    sentence: 'set() with an `expire` in the past leaves no session',
    check: async scene => {
      const [id, before] = [await scene.id(), await scene.id()];
      await scene.a.set(id, { a: 1 }, expireIn(-60));
      await scene.expectValues(id, null);
      await scene.a.set(before, { a: 1 }, expireIn(LONG));
      await scene.b.set(before, { a: 2 }, expireIn(-60));
      await scene.expectValues(before, null);
    },
  },
  {
    sentence: 'The last `expire` counts: set() can lengthen the life of a session, and shorten it',
    waits: A_WHILE,
    check: async scene => {
      const [longer, shorter] = [await scene.id(), await scene.id()];
      await scene.a.set(longer, { a: 1 }, expireIn(1));
      await scene.b.set(longer, { a: 2 }, expireIn(LONG));
      await scene.a.set(shorter, { a: 1 }, expireIn(LONG));
      await scene.b.set(shorter, { a: 2 }, expireIn(1));
      await scene.wait();
      await scene.expectValues(longer, { a: 2 });
      await scene.expectValues(shorter, null);
    },
  },
  {
    sentence: 'set() can store a new session under the id of an expired one, and the new one has nothing of the old',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.id();
      await scene.a.set(id, { old: 1 }, expireIn(1));
      await scene.wait();
      await scene.b.set(id, { new: 2 }, expireIn(LONG));
      await scene.expectValues(id, { new: 2 });
    },
  },
];
