import { OTHER_RECORD } from '../../values/other-record.js';
import { expect, expectSame } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { LONG } from '../lib/scene.js';
import { whereItHas } from '../lib/where.js';

/** What a store promises that no one else uses at the same time. */
export const counts: readonly Rule[] = [
  {
    sentence: 'countSessions(), if the store has it, counts live sessions, and those of users among them, and nothing else',
    alone: true,
    check: whereItHas('countSessions', async scene => {
      const before = await scene.a.countSessions({ exact: true });
      await scene.moved(2);
      for (const user of [scene.user(), scene.user(), null]) await scene.bound(user);
      await scene.session();
      await scene.a.create(await scene.id(), new Map([[OTHER_RECORD, 'null']]), { lifetime: LONG });
      const user = scene.user();
      const revoked = await scene.bound(user);
      if (scene.a.isIndexing) await scene.b.endSessionsOf(user);
      else await scene.b.end(revoked);
      for (const store of scene.both) {
        const after = await store.countSessions({ exact: true });
        expectSame('`isExact` of an exact count', after.isExact, true);
        expectSame('How many live sessions there are more', after.live - before.live, 5);
        expectSame('How many of them have users', after.ofUsers - before.ofUsers, store.keepsInfo ? 2 : 0);
        // Few enough to be counted even if no one asks for an exact answer.
        const usual = await store.countSessions();
        if (usual.isExact) expectSame('The usual count', usual, after);
      }
    }),
  },
];

export const pings: readonly Rule[] = [
  {
    sentence: 'ping(), if the store has it, says how fast the backend answers, and that it can be used',
    check: whereItHas('ping', async scene => {
      // The first use of the store may try it out.
      await scene.session();
      for (const store of scene.both) {
        const { roundTrip, clockDifference, selfTest, problem } = await store.ping();
        expect(roundTrip >= 0 && roundTrip < 30, () => `\`roundTrip\` is ${roundTrip} seconds`);
        expect(selfTest !== 'failed', () => `The self-test failed, although the store works: ${problem}`);
        expect(clockDifference === null || Math.abs(clockDifference) < 86_400 * 365, () => `\`clockDifference\` is ${clockDifference} seconds`);
      }
    }),
  },
];
