import type { WhichSessions } from '../../base/store.js';
import { toTexts } from '../../values/session-values.js';
import { expectSame } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { LONG, NOTHING, type Scene } from '../lib/scene.js';
import { whereItFindsUsers } from '../lib/where.js';

/** The seconds for which a request that began before the test has been under way. */
const EARLIER = 60;

/** Seconds between a revocation and a later request, enough for every store to see which came first. */
const APART = 0.2;

export const bindings: readonly Rule[] = [
  {
    sentence: 'create() returns "revoked", and leaves no session, if the request began before the user\'s sessions were ended',
    check: whereItFindsUsers(scene => inEachWay(scene, async (user, revoke) => {
      await revoke();
      const id = await scene.id();
      const newInfo = { info: { user, details: '' }, requestAge: EARLIER };
      expectSame('The answer to create()', await scene.a.create(id, toTexts({ a: 1 }), { lifetime: LONG, newInfo }), 'revoked');
      await scene.expectNoSession(id);
      await scene.expectSessionsOf(user, []);
    })),
  },
  {
    sentence: 'move() returns "revoked", and ends the session, if the request began before the user\'s sessions were ended',
    check: whereItFindsUsers(scene => inEachWay(scene, async (user, revoke) => {
      if (!scene.a.canMove) return;
      const id = await scene.session();
      await revoke();
      const { answer, newId } = await scene.move(scene.b, id, NOTHING, { lifetime: LONG, newInfo: { info: { user, details: '' }, requestAge: EARLIER } });
      expectSame('The answer to move()', answer, 'revoked');
      await scene.expectNoSession(newId);
      await scene.expectEnded(id);
      await scene.expectSessionsOf(user, []);
    })),
  },
  {
    sentence: 'A request that began after the user\'s sessions were ended can make a session of the user',
    check: whereItFindsUsers(scene => inEachWay(scene, async (user, revoke) => {
      await revoke();
      await expectBound(scene, user, await apart());
    })),
  },
  {
    sentence: 'endSessionsOf() with `only` refuses no request: one that is under way can make a session of the user',
    check: whereItFindsUsers(async scene => {
      const user = scene.user();
      const id = await scene.bound(user);
      const began = await apart();
      await scene.a.endSessionsOf(user, { only: scene.a.handleOf(id) });
      await expectBound(scene, user, began);
    }),
  },
  {
    sentence: 'endSessionsOf() refuses no request for another user, and none that makes no session of a user',
    check: whereItFindsUsers(async scene => {
      const [user, other] = [scene.user(), scene.user()];
      const began = await apart();
      await scene.a.endSessionsOf(user);
      await expectBound(scene, other, began);
      const [anonymous, moved] = [await scene.id(), await scene.session()];
      const newInfo = { info: { user: null, details: '' }, requestAge: EARLIER };
      expectSame('The answer to create()', await scene.b.create(anonymous, toTexts({ a: 1 }), { lifetime: LONG, newInfo }), true);
      if (!scene.a.canMove) return;
      expectSame('The answer to move()', (await scene.move(scene.b, moved, NOTHING, { lifetime: LONG, newInfo })).answer, 'moved');
      const { answer } = await scene.move(scene.a, await scene.bound(user), NOTHING);
      expectSame('The answer to move()', answer, 'moved');
    }),
  },
  {
    sentence: 'If a request is too late, create() still returns false if the id has a live session or a mark, and move() "gone" if there is no live session',
    check: whereItFindsUsers(async scene => {
      const user = scene.user();
      const [live, ended] = [await scene.session(), await scene.session()];
      await scene.a.end(ended);
      await scene.a.endSessionsOf(user);
      const newInfo = { info: { user, details: '' }, requestAge: EARLIER };
      for (const id of [live, ended]) {
        expectSame('The answer to create()', await scene.b.create(id, toTexts({ b: 2 }), { lifetime: LONG, newInfo }), false);
      }
      await scene.expectLive(live, { a: 1, b: 2 });
      if (!scene.a.canMove) return;
      expectSame('The answer to move()', (await scene.move(scene.b, ended, NOTHING, { lifetime: LONG, newInfo })).answer, 'gone');
    }),
  },
];

/** Tries something with each way of ending a user's sessions that refuses requests under way. */
async function inEachWay(scene: Scene, attempt: (user: string, revoke: () => Promise<unknown>) => Promise<void>): Promise<void> {

  for (const which of [undefined, { except: 'nothing' }] as ReadonlyArray<WhichSessions | undefined>) {
    const user = scene.user();
    await attempt(user, () => scene.b.endSessionsOf(user, ...(which ? [which] as const : [])));
  }

}

/**
 * Returns the beginning of a request, by `performance.now()`, so late that no store
 * counts it as earlier than any end until now, also of an earlier run of the tests.
 */
export async function apart(): Promise<number> {

  await new Promise(resolve => setTimeout(resolve, APART * 1000));
  return performance.now() - APART * 100;

}

/** Expects that a request which began at this time can make sessions of a user, by `create` and by a move. */
export async function expectBound(scene: Scene, user: string, began: number): Promise<void> {

  const anonymous = await scene.session();
  const info = { user, details: 'bound' };
  const newInfo = () => ({ info, requestAge: (performance.now() - began) / 1000 });
  const created = await scene.id();
  const terms = { lifetime: LONG, newInfo: newInfo() };
  expectSame('The answer to create()', await scene.a.create(created, toTexts({ a: 1 }), terms), true);
  await scene.expectInfo(created, info);
  if (!scene.a.canMove) return scene.expectSessionsOf(user, [created]);
  const { answer, newId } = await scene.move(scene.b, anonymous, NOTHING, { lifetime: LONG, newInfo: newInfo() });
  expectSame('The answer to move()', answer, 'moved');
  await scene.expectInfo(newId, info);
  await scene.expectSessionsOf(user, [created, newId]);

}
