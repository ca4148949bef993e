import { toTexts } from '../../values/session-values.js';
import { expect, expectOneOf, expectSame } from '../lib/failure.js';
import { bothOf, race } from '../lib/race.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, NOTHING } from '../lib/scene.js';
import { whereItFindsUsers } from '../lib/where.js';

/** The seconds for which a request that began before the test has been under way. */
const EARLIER = 60;

export const races: readonly Rule[] = [
  {
    sentence: 'Race: no session that is created for a user survives the end of the user\'s sessions',
    check: whereItFindsUsers(scene => scene.trials(async random => {
      const user = scene.user();
      const before = await scene.bound(user);
      const ids = await Promise.all(Array.from({ length: 4 }, () => scene.id()));
      const [one] = bothOf(scene, random);
      const newInfo = { info: { user, details: '' }, requestAge: EARLIER };
      const [ended, ...answers] = await race(
        random, () => one.endSessionsOf(user),
        ...ids.map((id, index) => () => scene.at(index).create(id, toTexts({ a: 1 }), { lifetime: LONG, newInfo })),
      );
      for (const answer of answers) expectOneOf('The answer to create()', answer, [true, 'revoked']);
      const bound = [before, ...ids.filter((_, index) => answers[index] === true)].map(id => scene.a.handleOf(id));
      const missing = bound.filter(handle => !ended.includes(handle));
      expectSame('The handles that are missing in the answer to endSessionsOf()', missing, []);
      for (const id of [before, ...ids]) await scene.expectNoSession(id);
      await scene.expectSessionsOf(user, []);
    })),
  },
  {
    sentence: 'Race: no session that becomes one of a user by a move survives the end of the user\'s sessions',
    check: whereItFindsUsers(scene => scene.trials(async random => {
      if (!scene.a.canMove) return;
      const user = scene.user();
      const ids = [await scene.session(), await scene.bound(null), await scene.bound(scene.user()), await scene.bound(user)];
      const [one] = bothOf(scene, random);
      const newInfo = { info: { user, details: '' }, requestAge: EARLIER };
      const [, ...moves] = await race(
        random, () => one.endSessionsOf(user),
        ...ids.map((id, index) => () => scene.move(scene.at(index), id, changing({ b: 2 }), { lifetime: LONG, newInfo })),
      );
      for (const { answer } of moves) expectOneOf('The answer to move()', answer, ['moved', 'revoked', 'gone']);
      for (const [index, id] of ids.entries()) {
        await scene.expectNoSession(moves[index]?.newId as string);
        await scene.expectEnded(id);
      }
      await scene.expectSessionsOf(user, []);
    })),
  },
  {
    sentence: 'Race: no session survives the end of the user\'s sessions, or its own end, by moving to a new id',
    check: whereItFindsUsers(scene => scene.trials(async random => {
      const user = scene.user();
      const ids = [await scene.bound(user), await scene.bound(user), await scene.bound(user)] as const;
      const [one] = bothOf(scene, random);
      const only = random() < 0.5;
      const handles = ids.map(id => scene.a.handleOf(id));
      const [ended, ...moves] = await race(
        random,
        async () => only
          ? (await Promise.all(handles.map(handle => one.endSessionsOf(user, { only: handle })))).flat()
          : one.endSessionsOf(user),
        ...ids.map((id, index) => () => scene.move(scene.at(index), id, NOTHING)),
      );
      expectSame('The handles that endSessionsOf() returned', ended.toSorted(), handles.toSorted());
      for (const [index, id] of ids.entries()) {
        expectOneOf('The answer to the move', moves[index]?.answer, ['moved', 'gone']);
        await scene.expectNoSession(moves[index]?.newId as string);
        await scene.expectEnded(id);
      }
      await scene.expectSessionsOf(user, []);
    })),
  },
  {
    sentence: 'Race: no update and no touch brings back a session that endSessionsOf() has ended',
    check: whereItFindsUsers(scene => scene.trials(async random => {
      const user = scene.user();
      const id = await scene.bound(user);
      const [one] = bothOf(scene, random);
      const [ended, ...answers] = await race(
        random, () => one.endSessionsOf(user),
        ...Array.from({ length: 3 }, (_, index) => [
          () => scene.at(index).update(id, changing({ [`k${index}`]: 1 }), { lifetime: LONG, user }),
          () => scene.at(index).touch(id, LONG * 2, user),
        ]).flat(),
      );
      expectSame('The handles that endSessionsOf() returned', ended, [scene.a.handleOf(id)]);
      for (const answer of answers) expectOneOf('The answer to update() or touch()', answer, ['updated', 'gone', true, false]);
      await scene.expectEnded(id);
      await scene.expectSessionsOf(user, []);
    })),
  },
  {
    sentence: 'Race: two calls that end a user\'s sessions at once leave none, and each session is in an answer',
    check: whereItFindsUsers(scene => scene.trials(async random => {
      const user = scene.user();
      const ids = await Promise.all(Array.from({ length: 6 }, () => scene.bound(user)));
      const [one, two] = bothOf(scene, random);
      const answers = await race(random, () => one.endSessionsOf(user), () => two.endSessionsOf(user));
      const handles = new Set(answers.flat());
      expectSame('The handles in both answers', [...handles].sort(), ids.map(id => scene.a.handleOf(id)).sort());
      await scene.expectEnded(...ids);
      await scene.expectSessionsOf(user, []);
    })),
  },
  {
    sentence: 'Race: endSessionsOf() ends every session that existed when it was called, whichever request made it',
    check: whereItFindsUsers(scene => scene.trials(async random => {
      const user = scene.user();
      const [one, two] = bothOf(scene, random);
      const [created, anonymous] = [await scene.id(), await scene.session()];
      const newInfo = { info: { user, details: '' }, requestAge: 0 };
      const bound = await race(
        random, async () => one.create(created, toTexts({ a: 1 }), { lifetime: LONG, newInfo }),
        async () => scene.a.canMove ? scene.move(one, anonymous, NOTHING, { lifetime: LONG, newInfo }) : { newId: '', answer: 'gone' },
      );
      expectSame('The answer to create()', bound[0], true);
      const ids = [created, ...(bound[1].answer === 'moved' ? [bound[1].newId] : [])];
      const ended = await two.endSessionsOf(user);
      for (const id of ids) expect(ended.includes(two.handleOf(id)), () => 'endSessionsOf() does not name a session that existed');
      await scene.expectEnded(...ids);
    })),
  },
];
