import { expect, show } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { expireIn, LONG } from '../lib/scene.js';
import { versionOf } from './version.js';

export const fourMethods: readonly Rule[] = [
  {
    sentence: 'The four methods and the atomic ones see the same sessions',
    check: async scene => {
      const [created, set] = [await scene.session({ a: 1, b: [2] }), await scene.id()];
      await scene.expectValues(created, { a: 1, b: [2] });
      await scene.a.set(set, { a: 1, b: [2] }, expireIn(LONG));
      await scene.expectLive(set, { a: 1, b: [2] });
      // The clocks of caller and store may differ, especially if a test has moved one on.
      await scene.expectRemaining(set, LONG, LONG / 2);
      for (const id of [created, set]) {
        await scene.b.delete(id);
        await scene.expectNoSession(id);
      }
    },
  },
  {
    sentence: 'The version differs after set(), too',
    check: async scene => {
      const id = await scene.session({ a: 1 });
      let before = await versionOf(scene.a, id);
      for (const values of [{ a: 2 }, { a: 2, b: 3 }, { b: 3 }]) {
        await scene.b.set(id, values, expireIn(LONG));
        const after = await versionOf(scene.a, id);
        expect(after !== before, () => `The version is ${show(after)} before and after set() with ${show(values)}`);
        before = after;
      }
    },
  },
  {
    sentence: 'get() returns null or undefined for an id that has a mark',
    check: async scene => {
      const ended = await scene.session();
      await scene.a.end(ended);
      const [moved] = await scene.moved(1) as [string];
      for (const id of [ended, moved]) await scene.expectValues(id, null);
    },
  },
];
