import { A_WHILE } from '../contract/expiry.js';
import { expect, expectSame, show } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { changing, LIFETIMES, LONG, NOTHING } from '../lib/scene.js';

/*
 * A store that moves a session in one step has `move`. If it has `take` instead,
 * the same is expected of the middleware's steps.
 */

export const move: readonly Rule[] = [
  {
    sentence: 'A move puts the stored session under its new id, and retires the old id',
    check: async scene => {
      const id = await scene.session({ a: 1, b: { c: [2] } });
      const { answer, newId } = await scene.move(scene.b, id, NOTHING);
      expectSame('The answer to the move', answer, 'moved');
      await scene.expectLive(newId, { a: 1, b: { c: [2] } });
      await scene.expectNoSession(id);
      await scene.expectMark(id, true);
    },
  },
  {
    sentence: 'A move merges its change in, key by key and never deeper',
    check: async scene => {
      const id = await scene.session({ a: 1, b: { c: 2 }, d: 3 });
      const { newId } = await scene.move(scene.b, id, changing({ b: { e: 4 }, d: undefined, f: null, missing: undefined }));
      await scene.expectLive(newId, { a: 1, b: { e: 4 }, f: null });
    },
  },
  {
    sentence: 'A moved session lives for the lifetime of the move',
    check: async scene => {
      for (const lifetime of LIFETIMES) {
        const { newId } = await scene.move(scene.a, await scene.session({ a: 1 }, LONG), NOTHING, { lifetime });
        await scene.expectRemaining(newId, lifetime);
      }
    },
  },
  {
    sentence: 'A moved session can be changed, touched, moved again and ended under its new id',
    check: async scene => {
      const [, second] = await scene.moved(1, { a: 1 }) as [string, string];
      expectSame('The answer to update()', await scene.b.update(second, changing({ b: 2 }), { lifetime: LONG }), 'updated');
      expectSame('The answer to touch()', await scene.a.touch(second, LONG * 2), true);
      const { answer, newId } = await scene.move(scene.b, second, changing({ c: 3 }));
      expectSame('The answer to the second move', answer, 'moved');
      await scene.expectLive(newId, { a: 1, b: 2, c: 3 });
      expectSame('The answer to end()', await scene.a.end(newId), true);
      await scene.expectNoSession(newId);
    },
  },
  {
    sentence: 'The version of a moved session differs after every change, too',
    check: async scene => {
      const [, id] = await scene.moved(1, { a: 1 }) as [string, string];
      const before = await scene.a.load(id);
      await scene.b.update(id, changing({ a: 2 }), { lifetime: LONG });
      const after = await scene.a.load(id);
      expect(
        before?.status === 'live' && after?.status === 'live' && before.version !== after.version,
        () => `load() returned ${show(before)} before and ${show(after)} after a change`,
      );
    },
  },
  {
    sentence: 'A move that removes the last key leaves a live session without keys under the new id',
    check: async scene => {
      const id = await scene.session({ a: 1, b: 2 });
      const { answer, newId } = await scene.move(scene.b, id, changing({ a: undefined, b: undefined }));
      expectSame('The answer to the move', answer, 'moved');
      await scene.expectLive(newId, {});
      await scene.expectNoSession(id);
      await scene.expectMark(id, true);
    },
  },
  {
    sentence: 'A move returns "gone" if there is no live session, and creates none',
    check: async scene => {
      const unknown = await scene.id();
      const ended = await scene.session();
      await scene.a.end(ended);
      const [moved, last] = await scene.moved(1, { a: 1 }) as [string, string];
      for (const id of [unknown, ended, moved]) {
        const { answer, newId } = await scene.move(scene.b, id, changing({ new: 1 }));
        expectSame('The answer to the move', answer, 'gone');
        await scene.expectNoSession(newId);
        await scene.expectNoSession(id);
      }
      await scene.expectMark(ended, false);
      await scene.expectMark(moved, true);
      await scene.expectLive(last, { a: 1 });
    },
  },
  {
    sentence: 'A move returns "gone" for a session whose time is over, and does not bring it back',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.session({ a: 1 }, 1);
      await scene.wait();
      const { answer, newId } = await scene.move(scene.b, id, changing({ new: 1 }));
      expectSame('The answer to the move', answer, 'gone');
      await scene.expectNoSession(newId);
      await scene.expectNoSession(id);
    },
  },
  {
    sentence: 'A moved session ends when the lifetime of the move is over',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.session({ a: 1 }, LONG);
      const { newId } = await scene.move(scene.b, id, NOTHING, { lifetime: 1 });
      await scene.wait();
      await scene.expectNoSession(newId);
      await scene.expectNoSession(id);
    },
  },
  {
    sentence: 'move() throws if the new id is in use, and changes nothing',
    check: async scene => {
      if (!scene.a.canMove) return;
      const [id, other] = [await scene.session({ a: 1 }), await scene.session({ b: 2 })];
      for (const newId of [other, id]) {
        const { answer } = await scene.attempt(scene.a, 'move', id, newId, changing({ c: 3 }), { lifetime: LONG });
        expect(answer === undefined, () => `move() returned ${show(answer)}\nIt must throw an error`);
        await scene.expectLive(id, { a: 1 });
        await scene.expectLive(other, { b: 2 });
      }
    },
  },
];
