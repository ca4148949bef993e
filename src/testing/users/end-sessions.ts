import { expectSame } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, NOTHING, type Scene } from '../lib/scene.js';
import { whereItFindsUsers } from '../lib/where.js';

export const endSessions: readonly Rule[] = [
  {
    sentence: 'endSessionsOf() ends all sessions of the user and no others, leaves marks that say "ended", and returns the handles',
    check: whereItFindsUsers(async scene => {
      const [user, other] = [scene.user(), scene.user()];
      const ids = await Promise.all(Array.from({ length: 60 }, () => scene.bound(user)));
      const [theirs, anonymous, plain] = [await scene.bound(other), await scene.bound(null), await scene.session()];
      await expectHandles(scene, ids, await scene.b.endSessionsOf(user));
      await scene.expectEnded(...ids);
      await scene.expectSessionsOf(user, []);
      await scene.expectSessionsOf(other, [theirs]);
      for (const id of [theirs, anonymous, plain]) await expectAlive(scene, id);
      expectSame('The answer to endSessionsOf() the second time', await scene.a.endSessionsOf(user), []);
      expectSame('The answer to endSessionsOf() for a user without sessions', await scene.a.endSessionsOf(scene.user()), []);
    }),
  },
  {
    sentence: 'endSessionsOf() with `only` ends that session, if it is one of the user\'s',
    check: whereItFindsUsers(async scene => {
      const [user, other] = [scene.user(), scene.user()];
      const [one, two, theirs] = [await scene.bound(user), await scene.bound(user), await scene.bound(other)];
      for (const only of [scene.a.handleOf(theirs), scene.a.handleOf(await scene.session()), 'nothing', '', one]) {
        expectSame('The answer to endSessionsOf()', await scene.b.endSessionsOf(user, { only }), []);
      }
      for (const id of [one, two, theirs]) await expectAlive(scene, id);
      await expectHandles(scene, [one], await scene.b.endSessionsOf(user, { only: scene.b.handleOf(one) }));
      await scene.expectEnded(one);
      await scene.expectSessionsOf(user, [two]);
      await scene.expectSessionsOf(other, [theirs]);
    }),
  },
  {
    sentence: 'endSessionsOf() with `except` ends all sessions of the user but that one',
    check: whereItFindsUsers(async scene => {
      const user = scene.user();
      const [kept, one, two] = [await scene.bound(user), await scene.bound(user), await scene.bound(user)];
      await expectHandles(scene, [one, two], await scene.b.endSessionsOf(user, { except: scene.b.handleOf(kept) }));
      await scene.expectEnded(one, two);
      await expectAlive(scene, kept);
      await scene.expectSessionsOf(user, [kept]);
    }),
  },
  {
    sentence: 'endSessionsOf() ends a session that has moved, and knows it by the handle that it has always had',
    check: whereItFindsUsers(async scene => {
      const user = scene.user();
      for (const which of [{}, { only: true }]) {
        const id = await scene.bound(user);
        const { newId } = await scene.move(scene.a, id, NOTHING);
        const handle = scene.a.handleOf(id);
        const answer = await scene.b.endSessionsOf(user, which.only ? { only: handle } : {});
        expectSame('The answer to endSessionsOf()', answer, [handle]);
        await scene.expectEnded(id, newId);
      }
    }),
  },
  {
    sentence: 'No update(), touch() or move brings back a session that endSessionsOf() has ended',
    check: whereItFindsUsers(async scene => {
      const user = scene.user();
      const id = await scene.bound(user);
      // A store that brings it back from a cache must have seen it.
      await scene.expectInfo(id, { user, details: '' });
      await scene.a.endSessionsOf(user);
      for (const store of scene.both) {
        expectSame('The answer to update()', await store.update(id, changing({ b: 2 }), { lifetime: LONG, user }), 'gone');
        expectSame('The answer to touch()', await store.touch(id, LONG, user), false);
        const { answer, newId } = await scene.move(store, id, NOTHING, { lifetime: LONG, newInfo: { info: { user, details: '' } } });
        expectSame('The answer to the move', answer, 'gone');
        await scene.expectNoSession(newId);
      }
      await scene.expectEnded(id);
      await scene.expectSessionsOf(user, []);
    }),
  },
];

async function expectAlive(scene: Scene, id: string): Promise<void> {

  for (const store of scene.both) expectSame('The status of a session that was not ended', (await store.load(id))?.status, 'live');

}

async function expectHandles(scene: Scene, ids: readonly string[], handles: readonly string[]): Promise<void> {

  expectSame('The handles that endSessionsOf() returned', handles.toSorted(), ids.map(id => scene.a.handleOf(id)).toSorted());

}
