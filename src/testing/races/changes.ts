import { toTexts } from '../../values/session-values.js';
import type { CheckedStore } from '../lib/checked-store.js';
import { expect, expectSame, expectSameKeys } from '../lib/failure.js';
import { bothOf, race } from '../lib/race.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG } from '../lib/scene.js';

/** The number of calls that change one session at once. */
const CROWD = 10;

export const changes: readonly Rule[] = [
  {
    sentence: 'Race: updates of different keys are all kept',
    check: scene => scene.trials(async random => {
      const others = Array.from({ length: CROWD }, (_, index) => index);
      const before = Object.fromEntries(others.map(index => [`old${index}`, index]));
      const id = await scene.session({ ...before, kept: 'yes' });
      const answers = await race(random, ...others.map(index => () =>
        scene.at(index).update(id, changing({ [`new${index}`]: index, [`old${index}`]: undefined }), { lifetime: LONG })));
      expectSame('The answers to update()', answers, others.map(() => 'updated'));
      await scene.expectLive(id, { kept: 'yes', ...Object.fromEntries(others.map(index => [`new${index}`, index])) });
    }),
  },
  {
    sentence: 'Race: of updates of one key, one is the last, and its whole value is stored',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ a: { by: null } });
      const values = Array.from({ length: CROWD }, (_, by) => ({ a: { by, [`only${by}`]: 'x'.repeat(by) } }));
      await race(random, ...values.map((value, index) => () => scene.at(index).update(id, changing(value), { lifetime: LONG })));
      const found = await scene.a.load(id);
      const text = found?.status === 'live' ? found.texts.get('a') : undefined;
      expect(values.some(({ a }) => JSON.stringify(a) === text), () => `The value is ${text}, which no update has stored`);
      await scene.expectLive(id, new Map([['a', text as string]]));
    }),
  },
  {
    sentence: 'Race: counts by updates with a version are exact',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ count: 0 });
      await race(random, ...Array.from({ length: CROWD }, (_, index) => () => count(scene.at(index), id)));
      await scene.expectLive(id, { count: CROWD });
    }),
  },
  {
    sentence: 'Race: of updates with the same version, one is carried out, and the others return "conflict"',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ winner: null });
      const found = await scene.a.load(id);
      const version = found?.status === 'live' ? found.version : undefined;
      const answers = await race(random, ...Array.from({ length: CROWD }, (_, index) => () =>
        scene.at(index).update(id, changing({ winner: index }), { lifetime: LONG, version })));
      expectSame('The answers to update()', answers.toSorted(), [...Array(CROWD - 1).fill('conflict'), 'updated']);
      await scene.expectLive(id, { winner: answers.indexOf('updated') });
    }),
  },
  {
    sentence: 'Race: a touch neither undoes a change nor causes a conflict',
    check: scene => scene.trials(async random => {
      const id = await scene.session({ a: 1 }, LONG);
      const found = await scene.a.load(id);
      const version = found?.status === 'live' ? found.version : undefined;
      const [one, two] = bothOf(scene, random);
      const answers = await race(
        random,
        () => one.touch(id, LONG * 2), () => two.update(id, changing({ a: 2 }), { lifetime: LONG, version }), () => two.touch(id, LONG * 3),
      );
      expectSame('The answers', answers, [true, 'updated', true]);
      await scene.expectLive(id, { a: 2 });
      await scene.expectRemaining(id, LONG * 3);
    }),
  },
  {
    sentence: 'Race: sessions that are created, changed and read at once do not mix their values',
    check: async scene => {
      const ids = await Promise.all(Array.from({ length: 100 }, () => scene.id()));
      await Promise.all(ids.map(async (id, index) => {
        await scene.at(index).create(id, toTexts({ index, id }), { lifetime: LONG });
        await scene.at(index + 1).update(id, changing({ id: undefined, changed: index }), { lifetime: LONG });
        const found = await scene.at(index).load(id);
        const texts = found?.status === 'live' ? new Map(found.texts) : null;
        expectSameKeys('What load() returned', texts, toTexts({ index, changed: index }));
      }));
    },
  },
  {
    sentence: 'Race: of creations under one id, one succeeds, and its session is stored',
    check: scene => scene.trials(async random => {
      const id = await scene.id();
      const answers = await race(random, ...Array.from({ length: CROWD }, (_, index) => () =>
        scene.at(index).create(id, toTexts({ winner: index, [`only${index}`]: 1 }), { lifetime: LONG })));
      expectSame('The answers to create()', answers.toSorted(), [...Array(CROWD - 1).fill(false), true]);
      const winner = answers.indexOf(true);
      await scene.expectLive(id, { winner, [`only${winner}`]: 1 });
    }),
  },
];

/** What `ctx.updateSession()` does. */
async function count(store: CheckedStore, id: string, tries = 0): Promise<void> {

  const found = await store.load(id);
  if (found?.status !== 'live') return expectSame('The status of the session', found?.status, 'live');
  const next = Number(found.texts.get('count')) + 1;
  const answer = await store.update(id, changing({ count: next }), { lifetime: LONG, version: found.version });
  if (answer === 'updated') return;
  expectSame('The answer to update()', answer, 'conflict');
  // Each conflict means that another call has counted.
  expect(tries < CROWD, () => `There were ${tries} conflicts among ${CROWD} counts`);
  await count(store, id, tries + 1);

}
