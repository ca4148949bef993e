import { RETIRED_FOR } from '../../base/store.js';
import { expectSame } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, NOTHING } from '../lib/scene.js';

/** Rules that take so long that they need a clock that can be moved on. */
export const marks: readonly Rule[] = [
  {
    sentence: 'A mark is remembered for 30 seconds',
    waits: RETIRED_FOR - 5,
    check: async scene => {
      const ended = await scene.session();
      await scene.a.end(ended);
      const [first, second, last] = await scene.moved(2, { a: 1 }) as [string, string, string];
      await scene.wait();
      await scene.expectMark(ended, false);
      for (const id of [first, second]) await scene.expectMark(id, true);
      expectSame('The answer to end() for a former id', await scene.b.end(first), true);
      await scene.expectMark(last, false);
    },
  },
  {
    sentence: 'A mark outlives the lifetime of its session',
    waits: RETIRED_FOR - 5,
    check: async scene => {
      const id = await scene.session({ a: 1 }, 5);
      await scene.b.end(id);
      await scene.wait();
      await scene.expectMark(id, false);
    },
  },
  {
    sentence: 'After 30 seconds a mark is forgotten, and its id leads nowhere any more',
    waits: RETIRED_FOR + 2,
    check: async scene => {
      const [ended, short] = [await scene.session(), await scene.session({ a: 1 }, 5)];
      for (const id of [ended, short]) await scene.a.end(id);
      const [first, second, last] = await scene.moved(2, { a: 1 }) as [string, string, string];
      await scene.wait();
      if (scene.a.tellsStates) {
        const states = await scene.b.statesOf([ended, short, first].map(id => scene.b.handleOf(id)));
        expectSame('What statesOf() said', states.map(state => state?.status), [undefined, undefined, 'live']);
      }
      for (const id of [ended, short, first, second]) {
        await scene.expectUnknown(id);
        expectSame('The answer to end()', await scene.b.end(id), false);
      }
      expectSame('The answer to create()', await scene.b.create(ended, changing({ new: 1 }).set, { lifetime: LONG }), true);
      await scene.expectLive(ended, { new: 1 });
      await scene.expectLive(last, { a: 1 });
    },
  },
  {
    sentence: 'A move after 30 seconds leaves a mark under the last id alone',
    waits: RETIRED_FOR + 2,
    check: async scene => {
      const [first, second, third] = await scene.moved(2, { a: 1 }) as [string, string, string];
      await scene.wait();
      const { newId } = await scene.move(scene.b, third, NOTHING);
      await scene.expectMark(third, true);
      for (const id of [first, second]) await scene.expectUnknown(id);
      await scene.expectLive(newId, { a: 1 });
    },
  },
];
