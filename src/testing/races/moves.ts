import { expectOneOf, expectSame } from '../lib/failure.js';
import { bothOf, race } from '../lib/race.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, NOTHING } from '../lib/scene.js';

export const moves: readonly Rule[] = [
  {
    sentence: 'Race: a move keeps every update that was acknowledged, and the others find the session gone',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ a: 1 });
      const [one] = bothOf(scene, random);
      const others = Array.from({ length: 6 }, (_, index) => index);
      const [moved, ...answers] = await race(
        random, () => scene.move(one, id, changing({ user: 5 })),
        ...others.map(index => () => scene.at(index).update(id, changing({ [`k${index}`]: index }), { lifetime: LONG })),
      );
      expectSame('The answer to the move', moved.answer, 'moved');
      for (const answer of answers) expectOneOf('The answer to update()', answer, ['updated', 'gone']);
      const kept = others.filter(index => answers[index] === 'updated');
      await scene.expectLive(moved.newId, { a: 1, user: 5, ...Object.fromEntries(kept.map(index => [`k${index}`, index])) });
      await scene.expectNoSession(id);
      await scene.expectMark(id, true);
    }),
  },
  {
    sentence: 'Race: what a move itself changes replaces what updates have stored under the same keys',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ user: 0, theme: 'light' });
      const [one, two] = bothOf(scene, random);
      const [moved] = await race(
        random, () => scene.move(one, id, changing({ user: 5, theme: undefined })),
        () => two.update(id, changing({ user: 6, theme: 'dark' }), { lifetime: LONG }),
      );
      await scene.expectLive(moved.newId, { user: 5 });
    }),
  },
  {
    sentence: 'Race: of two moves of one session, exactly one succeeds',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ a: 1 });
      const [one, two] = bothOf(scene, random);
      const moved = await race(
        random, () => scene.move(one, id, changing({ by: 1 })), () => scene.move(two, id, changing({ by: 2 })),
      );
      expectSame('The answers to the moves', moved.map(({ answer }) => answer).toSorted(), ['gone', 'moved']);
      for (const [index, { answer, newId }] of moved.entries()) {
        if (answer === 'moved') await scene.expectLive(newId, { a: 1, by: index + 1 });
        else await scene.expectNoSession(newId);
      }
      await scene.expectMark(id, true);
    }),
  },
  {
    sentence: 'Race: a session that is ended while it moves has ended, whichever call came first',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ a: 1 });
      const [one, two] = bothOf(scene, random);
      const [ended, moved] = await race(random, () => one.end(id), () => scene.move(two, id, changing({ b: 2 })));
      expectSame('The answer to end()', ended, true);
      expectOneOf('The answer to the move', moved.answer, ['moved', 'gone']);
      for (const each of [id, moved.newId]) await scene.expectNoSession(each);
      await scene.expectMark(id, false);
    }),
  },
  {
    sentence: 'Race: a session that is ended by a former id while it moves again has ended',
    check: scene => scene.trials(async random => {
      const [first, , last] = await scene.moved(2) as [string, string, string];
      const [one, two] = bothOf(scene, random);
      const [ended, moved] = await race(random, () => one.end(first), () => scene.move(two, last, NOTHING));
      expectSame('The answer to end()', ended, true);
      expectOneOf('The answer to the move', moved.answer, ['moved', 'gone']);
      for (const each of [first, last, moved.newId]) await scene.expectNoSession(each);
      await scene.expectMark(first, false);
    }),
  },
  {
    sentence: 'Race: no touch brings the old id of a moved session back',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ a: 1 });
      const [one] = bothOf(scene, random);
      const [moved, ...touched] = await race(
        random,
        () => scene.move(one, id, NOTHING), ...Array.from({ length: 6 }, (_, index) => () => scene.at(index).touch(id, LONG * 2)),
      );
      expectSame('The answer to the move', moved.answer, 'moved');
      for (const answer of touched) expectOneOf('The answer to touch()', answer, [true, false]);
      await scene.expectNoSession(id);
      await scene.expectMark(id, true);
      await scene.expectLive(moved.newId, { a: 1 });
    }),
  },
];
