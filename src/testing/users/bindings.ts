import { toTexts } from '../../values/session-values.js';
import type { WhichSessions } from '../../base/store.js';
import { expectSame } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { LONG, NOTHING, type Scene } from '../lib/scene.js';
import { whereItFindsUsers } from '../lib/where.js';

/** For how many seconds a request has been under way that began before all of this. */
const EARLIER = 60;

/** How many seconds come between a revocation and a request that begins later: a store tells them apart. */
const APART = 0.2;

export const bindings: readonly Rule[] = [
  {
    sentence: 'create() by a request that began before the user\'s sessions were ended is "revoked", and leaves no session',
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
    sentence: 'move() by a request that began before the user\'s sessions were ended is "revoked", and ends the session',
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
    sentence: 'A request that began after the user\'s sessions were ended makes a session of the user',
    check: whereItFindsUsers(scene => inEachWay(scene, async (user, revoke) => {
      await revoke();
      await expectBound(scene, user, await apart());
    })),
  },
  {
    sentence: 'To end one session refuses no request: with `only`, one that has been under way makes a session of the user',
    check: whereItFindsUsers(async scene => {
      const user = scene.user();
      const id = await scene.bound(user);
      const began = await apart();
      await scene.a.endSessionsOf(user, { only: scene.a.handleOf(id) });
      await expectBound(scene, user, began);
    }),
  },
  {
    sentence: 'The end of a user\'s sessions refuses nobody else, and nothing that makes no session of a user',
    check: whereItFindsUsers(async scene => {
      const [user, other] = [scene.user(), scene.user()];
      const began = await apart();
      await scene.a.endSessionsOf(user);
      await expectBound(scene, other, began);
      const [nobodys, moved] = [await scene.id(), await scene.session()];
      const newInfo = { info: { user: null, details: '' }, requestAge: EARLIER };
      expectSame('The answer to create()', await scene.b.create(nobodys, toTexts({ a: 1 }), { lifetime: LONG, newInfo }), true);
      if (!scene.a.canMove) return;
      expectSame('The answer to move()', (await scene.move(scene.b, moved, NOTHING, { lifetime: LONG, newInfo })).answer, 'moved');
      const { answer } = await scene.move(scene.a, await scene.bound(user), NOTHING);
      expectSame('The answer to move()', answer, 'moved');
    }),
  },
  {
    sentence: 'create() where a live session or a mark is returns false, and move() without a live session "gone", also to a request that is too late',
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

/** Ends the sessions of a user in each of the ways that refuse others. */
async function inEachWay(scene: Scene, attempt: (user: string, revoke: () => Promise<unknown>) => Promise<void>): Promise<void> {

  for (const which of [undefined, { except: 'nothing' }] as ReadonlyArray<WhichSessions | undefined>) {
    const user = scene.user();
    await attempt(user, () => scene.b.endSessionsOf(user, ...(which ? [which] as const : [])));
  }

}

/**
 * The beginning of a request, by `performance.now()`, so late that no store counts
 * it as earlier than any end until now, also one of an earlier run of these tests.
 */
export async function apart(): Promise<number> {

  await new Promise(resolve => setTimeout(resolve, APART * 1000));
  return performance.now() - APART * 100;

}

/** Expects a request that began then to make sessions of a user in both ways. */
export async function expectBound(scene: Scene, user: string, began: number): Promise<void> {

  const nobodys = await scene.session();
  const info = { user, details: 'bound' };
  const newInfo = () => ({ info, requestAge: (performance.now() - began) / 1000 });
  const created = await scene.id();
  const terms = { lifetime: LONG, newInfo: newInfo() };
  expectSame('The answer to create()', await scene.a.create(created, toTexts({ a: 1 }), terms), true);
  await scene.expectInfo(created, info);
  if (!scene.a.canMove) return scene.expectSessionsOf(user, [created]);
  const { answer, newId } = await scene.move(scene.b, nobodys, NOTHING, { lifetime: LONG, newInfo: newInfo() });
  expectSame('The answer to move()', answer, 'moved');
  await scene.expectInfo(newId, info);
  await scene.expectSessionsOf(user, [created, newId]);

}
