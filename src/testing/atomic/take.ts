import { toTexts } from '../../values/session-values.js';
import { A_WHILE } from '../contract/expiry.js';
import { expect, expectSame, expectSameKeys } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { LONG, type Scene } from '../lib/scene.js';

export const take: readonly Rule[] = [
  {
    sentence: 'The store has move() or take()',
    check: async ({ a }) => {
      expect(a.canMove || a.canTake, () => 'It has neither');
    },
  },
  {
    sentence: 'take(), if the store has it, leaves a mark that points to the new id, and returns what was stored',
    check: whereItCanTake(async scene => {
      const [id, newId] = [await scene.session({ a: 1, b: [2] }), await scene.id()];
      await scene.a.create(newId, toTexts({ a: 1 }), { lifetime: LONG });
      expectSameKeys('What take() returned', await scene.b.take(id, newId), toTexts({ a: 1, b: [2] }));
      await scene.expectNoSession(id);
      await scene.expectMark(id, true);
      await scene.expectLive(newId, { a: 1 });
      expectSame('The answer to end() for the former id', await scene.a.end(id), true);
      await scene.expectMark(newId, false);
      await scene.expectMark(id, false);
    }),
  },
  {
    sentence: 'take(), if the store has it, returns null and leaves no mark if there is no live session',
    check: whereItCanTake(async scene => {
      const [unknown, newId, ended] = [await scene.id(), await scene.id(), await scene.session()];
      await scene.a.end(ended);
      for (const id of [unknown, ended]) expectSame('What take() returned', await scene.b.take(id, newId), null);
      await scene.expectUnknown(unknown);
      await scene.expectMark(ended, false);
      await scene.expectUnknown(newId);
    }),
  },
  {
    sentence: 'take(), if the store has it, returns null for a session whose time is over',
    waits: A_WHILE,
    check: whereItCanTake(async scene => {
      const [id, newId] = [await scene.session({ a: 1 }, 1), await scene.id()];
      await scene.wait();
      expectSame('What take() returned', await scene.b.take(id, newId), null);
      await scene.expectNoSession(id);
    }),
  },
];

function whereItCanTake(check: (scene: Scene) => Promise<void>): (scene: Scene) => Promise<void> {

  return async scene => {
    if (scene.a.canTake) await check(scene);
  };

}
