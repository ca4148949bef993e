import { expectOneOf, expectSame } from '../lib/failure.js';
import { bothOf, race } from '../lib/race.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG } from '../lib/scene.js';

export const ends: readonly Rule[] = [
  {
    sentence: 'Race: no update and no touch brings an ended session back',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ a: 1 });
      const [one] = bothOf(scene, random);
      const late = Array.from({ length: 3 }, (_, index) => [
        () => scene.at(index).update(id, changing({ [`k${index}`]: 2 }), { lifetime: LONG }),
        () => scene.at(index).touch(id, LONG * 2),
      ]).flat();
      const [ended, ...answers] = await race(random, () => one.end(id), ...late);
      expectSame('The answer to end()', ended, true);
      for (const answer of answers) expectOneOf('The answer to update() or touch()', answer, ['updated', 'gone', true, false]);
      await scene.expectNoSession(id);
      await scene.expectMark(id, false);
    }),
  },
  {
    sentence: 'Race: of several calls that end a session, exactly one returns true',
    check: scene => scene.trials(async random => {
      const [former, id] = await scene.moved(1) as [string, string];
      const [one, two] = bothOf(scene, random);
      const answers = await race(random, () => one.end(id), () => two.end(id), () => one.end(former), () => two.end(former));
      expectSame('The answers to end()', answers.toSorted(), [false, false, false, true]);
      for (const each of [id, former]) await scene.expectMark(each, false);
    }),
  },
  {
    sentence: 'Race: an update that removes all keys that it knows does not remove one that another adds, whichever comes first',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ a: 1, b: 2 });
      const [one, two] = bothOf(scene, random);
      const answers = await race(
        random,
        () => one.update(id, changing({ a: undefined, b: undefined }), { lifetime: LONG }), () => two.update(id, changing({ c: 3 }), { lifetime: LONG }),
      );
      expectSame('The answers to update()', answers, ['updated', 'updated']);
      await scene.expectLive(id, { c: 3 });
    }),
  },
  {
    sentence: 'Race: updates that remove the last keys leave a live session without keys',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ a: 1, b: 2 });
      const [one, two] = bothOf(scene, random);
      const answers = await race(
        random, () => one.update(id, changing({ a: undefined }), { lifetime: LONG }), () => two.update(id, changing({ b: undefined }), { lifetime: LONG }),
      );
      expectSame('The answers to update()', answers, ['updated', 'updated']);
      await scene.expectLive(id, {});
    }),
  },
];
