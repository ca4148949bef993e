import { expect, expectSame } from '../lib/failure.js';
import { race } from '../lib/race.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, NOTHING } from '../lib/scene.js';
import { whereItHas, whereItKeepsReasons } from '../lib/where.js';

/** Texts that are no handle of a live session. */
export const NO_HANDLES: readonly string[] = ['', 'nothing', 'A'.repeat(16), 'a b', "' OR 1=1 --", '%', '*', '\0', '\ud800', '-'.repeat(5000)];

export const endsByHandle: readonly Rule[] = [
  {
    sentence: 'endByHandle(), if the store has it, ends a live session whatever its id is by now, and leaves a mark that says "ended"',
    check: whereItHas('endByHandle', async scene => {
      const user = scene.user();
      const ids = [await scene.session(), await scene.bound(user), (await scene.moved(2)).at(-1) as string];
      const spared = await scene.bound(user);
      for (const [index, id] of ids.entries()) {
        expectSame('The answer to endByHandle()', await scene.at(index).endByHandle(scene.a.handleOf(id)), true);
        expectSame('The answer to endByHandle() for a session that has ended', await scene.a.endByHandle(scene.a.handleOf(id)), false);
      }
      await scene.expectEnded(...ids);
      await scene.expectLive(spared, { a: 1 });
      if (scene.a.isIndexing) await scene.expectSessionsOf(user, [spared]);
    }),
  },
  {
    sentence: 'endByHandle(), if the store has it, returns false for anything but the handle of a live session',
    check: whereItHas('endByHandle', async scene => {
      for (const handle of NO_HANDLES) expectSame('The answer to endByHandle()', await scene.a.endByHandle(handle), false);
    }),
  },
  {
    sentence: 'endByHandle(), if the store has it, leaves its reason in the mark, if the store keeps reasons',
    check: whereItHas('endByHandle', whereItKeepsReasons(async scene => {
      const [one, two] = [await scene.session(), await scene.session()];
      await scene.a.endByHandle(scene.a.handleOf(one), 'revoked');
      await scene.b.endByHandle(scene.b.handleOf(two));
      await scene.expectReason('revoked', one);
      await scene.expectReason(undefined, two);
    })),
  },
  {
    sentence: 'Race: no change and no move brings a session back that endByHandle(), if the store has it, has ended',
    check: whereItHas('endByHandle', scene => scene.trials(async random => {
      const id = await scene.session();
      const [ended, { newId, answer }] = await race(
        random, () => scene.a.endByHandle(scene.a.handleOf(id)), () => scene.move(scene.b, id, NOTHING), () => scene.b.update(id, changing({ b: 3 }), { lifetime: LONG }),
      );
      // A store that moves in steps may be between two of them, and then has no session.
      expect(ended || !scene.a.canMove, () => `endByHandle() found no session, although it lived all the time, and move() answered ${answer}`);
      if (ended) for (const each of [id, newId]) await scene.expectNoSession(each);
    })),
  },
];
