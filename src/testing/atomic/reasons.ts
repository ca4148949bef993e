import type { EndReason } from '../../base/store.js';
import { expectOneOf, expectSame } from '../lib/failure.js';
import { bothOf, race } from '../lib/race.js';
import type { Rule } from '../lib/rule.js';
import { LONG, NOTHING } from '../lib/scene.js';
import { whereItFindsUsers, whereItKeepsReasons } from '../lib/where.js';

const REASONS: readonly EndReason[] = ['signed-out', 'revoked', 'limit'];

/** The seconds for which a request that began before the test has been under way. */
const EARLIER = 60;

export const reasons: readonly Rule[] = [
  {
    sentence: 'No mark has a reason that no one gave',
    check: async scene => {
      const [ended, first, second] = [await scene.session(), ...await scene.moved(1)] as [string, string, string];
      await scene.b.end(ended);
      await scene.expectReason(undefined, ended, first);
      await scene.b.end(first);
      await scene.expectReason(undefined, first, second);
    },
  },
  {
    sentence: 'A mark has the reason that end() was given, under each id of the session, if the store keeps reasons',
    check: whereItKeepsReasons(async scene => {
      for (const reason of REASONS) {
        const [id, ...ids] = [await scene.session(), ...await scene.moved(2)] as [string, ...string[]];
        expectSame('The answer to end()', await scene.b.end(id, { reason }), true);
        expectSame('The answer to end() for a former id', await scene.b.end(ids[0] as string, { reason }), true);
        await scene.expectEnded(id, ...ids);
        await scene.expectReason(reason, id, ...ids);
      }
      const replaced = await scene.session();
      await scene.a.end(replaced, { moved: true, reason: 'signed-out' });
      await scene.expectMark(replaced, true);
      await scene.expectReason('signed-out', replaced);
    }),
  },
  {
    sentence: 'The reason of a mark is that of the call that ended the session, and of no later one, if the store keeps reasons',
    check: whereItKeepsReasons(async scene => {
      const id = await scene.session();
      await scene.a.end(id, { reason: 'limit' });
      for (const store of scene.both) expectSame('The answer to end()', await store.end(id, { reason: 'revoked' }), false);
      await scene.expectReason('limit', id);
    }),
  },
  {
    sentence: 'A mark has the reason that endSessionsOf() was given, if the store keeps reasons',
    check: whereItKeepsReasons(whereItFindsUsers(async scene => {
      const user = scene.user();
      const [first, one, other, plain] = [await scene.bound(user), await scene.bound(user), await scene.bound(user), await scene.bound(user)];
      const { newId } = await scene.move(scene.a, first, NOTHING);
      await scene.b.endSessionsOf(user, { only: scene.b.handleOf(one), reason: 'limit' });
      await scene.b.endSessionsOf(user, { except: scene.b.handleOf(plain), reason: 'revoked' });
      await scene.b.endSessionsOf(user);
      await scene.expectReason('limit', one);
      await scene.expectReason('revoked', other, first, newId);
      await scene.expectReason(undefined, plain);
    })),
  },
  {
    sentence: 'A session that ends with its move, because those of its user were ended, has the reason "revoked", if the store keeps reasons',
    check: whereItKeepsReasons(whereItFindsUsers(async scene => {
      if (!scene.a.canMove) return;
      const user = scene.user();
      await scene.a.endSessionsOf(user);
      const id = await scene.session();
      const { answer } = await scene.move(scene.b, id, NOTHING, { lifetime: LONG, newInfo: { info: { user, details: '' }, requestAge: EARLIER } });
      expectSame('The answer to move()', answer, 'revoked');
      await scene.expectReason('revoked', id);
    })),
  },
  {
    sentence: 'Race: of several calls that end a session while it moves, the mark has the reason of the one that did, if the store keeps reasons',
    check: whereItKeepsReasons(scene => scene.trials(async random => {
      const id = await scene.session();
      const [one, two] = bothOf(scene, random);
      const [moved, ...ended] = await race(
        random,
        () => scene.move(scene.a, id, NOTHING), ...REASONS.map((reason, index) => () => (index % 2 ? one : two).end(id, { reason })),
      );
      expectOneOf('The answer to the move', moved.answer, ['moved', 'gone']);
      expectSame('The answers to end()', ended.toSorted(), [false, false, true]);
      await scene.expectReason(REASONS[ended.indexOf(true)], id, ...(moved.answer === 'moved' ? [moved.newId] : []));
    })),
  },
];
