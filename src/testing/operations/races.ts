import { toTexts } from '../../values/session-values.js';
import { expect, expectSame } from '../lib/failure.js';
import { bothOf, race } from '../lib/race.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, NOTHING } from '../lib/scene.js';
import { whereItHas } from '../lib/where.js';
import { recordOf } from './all-pages.js';

export const recordRaces: readonly Rule[] = [
  {
    sentence: 'Race: a change that is answered is in what takeRecord(), if the store has it, returns, or was refused',
    check: whereItHas('takeRecord', scene => scene.trials(async random => {
      const id = await scene.session({ a: 1 });
      const handle = scene.a.handleOf(id);
      const [one, other] = bothOf(scene, random);
      const keys = ['b', 'c', 'd', 'e'];
      const [taken, ...answers] = await race(
        random, () => one.takeRecord(handle), ...keys.map((key, index) => () => [one, other][index % 2]?.update(id, changing({ [key]: 1 }), { lifetime: LONG })),
      );
      expect(taken !== null, () => 'takeRecord() found no session, although no one ended it');
      const texts = (taken as { texts: ReadonlyMap<string, string> }).texts;
      for (const [index, key] of keys.entries()) {
        expect((answers[index] === 'updated') === texts.has(key), () => `update() of ${key} answered ${answers[index]}, and what was taken has the keys ${[...texts.keys()]}`);
      }
      await scene.expectNoSession(id);
    })),
  },
  {
    sentence: 'Race: of two calls of takeRecord(), if the store has it, and an end, one finds the session',
    check: whereItHas('takeRecord', scene => scene.trials(async random => {
      const user = scene.user();
      const [id, revoked] = [await scene.bound(user), await scene.bound(user)];
      const [one, other] = bothOf(scene, random);
      const answers = await race(
        random, () => one.takeRecord(scene.a.handleOf(id)), () => other.takeRecord(scene.a.handleOf(id)), () => other.end(id),
      );
      // The end of a session that has moved is still an end for the store to which it went; here it has none.
      expectSame('How many found the session', answers.filter(answer => answer !== null && answer !== false).length, 1);
      await scene.expectNoSession(id);
      if (!scene.a.isIndexing) return;
      const [taken, ended] = await race(random, () => one.takeRecord(scene.a.handleOf(revoked)), () => other.endSessionsOf(user));
      expect((taken !== null) !== (ended.length === 1), () => `takeRecord() found ${taken === null ? 'nothing' : 'the session'}, and endSessionsOf() ended ${ended.length}`);
      await scene.expectNoSession(revoked);
    })),
  },
  {
    sentence: 'Race: takeRecord(), if the store has it, takes a session that moves, before or after, and its longer life along',
    check: whereItHas('takeRecord', scene => scene.trials(async random => {
      const [moving, touched] = [await scene.session(), await scene.session({ a: 1 }, 60)];
      const [one, other] = bothOf(scene, random);
      const [taken, { newId, answer }, short, isTouched] = await race(
        random, () => one.takeRecord(scene.a.handleOf(moving)), () => scene.move(other, moving, NOTHING),
        () => other.takeRecord(scene.a.handleOf(touched)), () => one.touch(touched, LONG),
      );
      if (scene.a.canMove) {
        expect(taken !== null, () => `takeRecord() found no session, although it lived all the time, and move() answered ${answer}`);
        for (const each of [moving, newId]) await scene.expectNoSession(each);
        if (answer === 'moved') await scene.expectMark(newId, true);
      }
      const remaining = short?.remaining ?? Number.NaN;
      expect(isTouched === remaining > 100, () => `touch() answered ${isTouched}, and the session that was taken has ${remaining} seconds left`);
    })),
  },
  {
    sentence: 'Race: of several calls of putRecord(), if the store has it, and of create(), for one handle, one stores something',
    check: whereItHas('putRecord', async scene => {
      const template = await recordOf(scene, await scene.session({ a: 1 }));
      await scene.trials(async random => {
        const id = await scene.id();
        const record = { ...template, handle: scene.a.handleOf(id) };
        // Without unique handles, another id can have the same one.
        const create = async () => scene.b.uniqueHandles && await scene.b.create(id, toTexts({ a: 2 }), { lifetime: LONG });
        const answers = await race(random, () => scene.a.putRecord(record), () => scene.b.putRecord(record), create);
        expectSame('How many answered true', answers.filter(answer => answer === true).length, 1);
        if (answers[2] !== true) await scene.a.takeRecord(record.handle);
      });
    }),
  },
];
