import { A_WHILE } from '../contract/expiry.js';
import { expectSame } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { LIFETIMES, LONG } from '../lib/scene.js';

export const touch: readonly Rule[] = [
  {
    sentence: 'touch() lets a live session live for at least `lifetime` more seconds, and does not change its values',
    check: async scene => {
      const id = await scene.session({ a: 1 }, 30);
      for (const lifetime of LIFETIMES) {
        expectSame('The answer to touch()', await scene.b.touch(id, lifetime), true);
        await scene.expectRemaining(id, lifetime);
      }
      await scene.expectLive(id, { a: 1 });
    },
  },
  {
    sentence: 'touch() never shortens a life',
    check: async scene => {
      const id = await scene.session({ a: 1 }, LONG);
      for (const lifetime of [60, 1]) expectSame('The answer to touch()', await scene.b.touch(id, lifetime), true);
      await scene.expectRemaining(id, LONG);
    },
  },
  {
    sentence: 'touch() with a lifetime of 0 seconds changes nothing',
    check: async scene => {
      const id = await scene.session({ a: 1 }, LONG);
      expectSame('The answer to touch()', await scene.b.touch(id, 0), true);
      await scene.expectRemaining(id, LONG);
    },
  },
  {
    sentence: 'touch() returns false if there is no live session, and brings none back',
    check: async scene => {
      const unknown = await scene.id();
      const ended = await scene.session({ a: 1 });
      // A store that brings it back from a cache must have seen it.
      await scene.expectLive(ended, { a: 1 });
      await scene.a.end(ended);
      const [moved, last] = await scene.moved(1, { a: 1 }) as [string, string];
      for (const id of [unknown, ended, moved]) {
        expectSame('The answer to touch()', await scene.b.touch(id, LONG * 3), false);
        await scene.expectNoSession(id);
      }
      await scene.expectMark(ended, false);
      await scene.expectMark(moved, true);
      await scene.expectRemaining(last, LONG);
    },
  },
  {
    sentence: 'touch() returns false for a session whose time is over, and does not bring it back',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.session({ a: 1 }, 1);
      await scene.wait();
      expectSame('The answer to touch()', await scene.b.touch(id, LONG), false);
      await scene.expectNoSession(id);
    },
  },
  {
    sentence: 'A session that touch() has lengthened outlives its first lifetime',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.lengthened(each => scene.b.touch(each, LONG), true);
      await scene.wait();
      await scene.expectLive(id, { a: 1 });
    },
  },
];
