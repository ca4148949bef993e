import { toTexts } from '../../values/session-values.js';
import { expectOneOf, expectSame } from '../lib/failure.js';
import { race } from '../lib/race.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, NOTHING } from '../lib/scene.js';
import { whereItFindsUsers, whereItKeepsReasons } from '../lib/where.js';
import { apart, expectBound } from './bindings.js';

/** The seconds for which a request that began before the test has been under way. */
const EARLIER = 60;

/** More sessions than a store ends in one step. */
const MANY = 150;

/** Rules that can be tried out only if no one else has sessions in the store. */
export const endAll: readonly Rule[] = [
  {
    sentence: 'endAllSessions() ends every session, with and without a user, and leaves marks that say "ended"',
    alone: true,
    check: whereItFindsUsers(async scene => {
      const user = scene.user();
      const many = await Promise.all(Array.from({ length: MANY }, (_, index) => index % 2 ? scene.session() : scene.bound(scene.user())));
      const others = [await scene.bound(user), await scene.bound(null)];
      const { newId } = await scene.move(scene.a, await scene.bound(user), NOTHING);
      await scene.b.endAllSessions();
      await scene.expectEnded(...many, ...others, newId);
      await scene.expectSessionsOf(user, []);
      const id = await scene.bound(user);
      await scene.expectSessionsOf(user, [id]);
    }),
  },
  {
    sentence: 'A mark that endAllSessions() leaves has the reason "revoked", if the store keeps reasons',
    alone: true,
    check: whereItKeepsReasons(whereItFindsUsers(async scene => {
      const ids = [await scene.session(), await scene.bound(scene.user())];
      await scene.a.endAllSessions();
      await scene.expectReason('revoked', ...ids);
    })),
  },
  {
    sentence: 'endAllSessions() refuses requests under way that make sessions of users, and none that begin later',
    alone: true,
    check: whereItFindsUsers(async scene => {
      const [user, anonymous] = [scene.user(), await scene.id()];
      await scene.a.endAllSessions();
      const id = await scene.id();
      const newInfo = { info: { user, details: '' }, requestAge: EARLIER };
      expectSame('The answer to create()', await scene.b.create(id, toTexts({ a: 1 }), { lifetime: LONG, newInfo }), 'revoked');
      await scene.expectNoSession(id);
      expectSame('The answer to create()', await scene.b.create(anonymous, toTexts({ a: 1 }), { lifetime: LONG }), true);
      if (scene.a.canMove) {
        const { answer, newId } = await scene.move(scene.b, anonymous, NOTHING, { lifetime: LONG, newInfo });
        expectSame('The answer to move()', answer, 'revoked');
        await scene.expectEnded(anonymous);
        await scene.expectNoSession(newId);
      }
      await expectBound(scene, user, await apart());
    }),
  },
  {
    sentence: 'Race: no session survives endAllSessions() that existed before it or became a user\'s during it',
    alone: true,
    check: whereItFindsUsers(scene => scene.trials(async random => {
      const user = scene.user();
      const ids = await Promise.all(Array.from({ length: 5 }, (_, index) => index % 2 ? scene.session() : scene.bound(user)));
      const [updated, touched, moved, , rebound] = ids as [string, string, string, string, string];
      const created = await scene.id();
      const newInfo = { info: { user, details: '' }, requestAge: EARLIER };
      const [, made, , , one, two] = await race(
        random,
        () => scene.a.endAllSessions(), () => scene.b.create(created, toTexts({ a: 1 }), { lifetime: LONG, newInfo }),
        () => scene.b.update(updated, changing({ b: 1 }), { lifetime: LONG, user }), () => scene.b.touch(touched, LONG),
        () => scene.move(scene.b, moved, NOTHING), () => scene.move(scene.b, rebound, NOTHING, { lifetime: LONG, newInfo }),
      );
      expectOneOf('The answer to create()', made, [true, 'revoked']);
      for (const id of [...ids, created, one.newId, two.newId]) await scene.expectNoSession(id);
      await scene.expectSessionsOf(user, []);
    })),
  },
];
