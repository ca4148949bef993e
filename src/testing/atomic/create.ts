import { newStoredId } from '../../id/stored-id.js';
import { toTexts } from '../../values/session-values.js';
import { A_WHILE } from '../contract/expiry.js';
import { expectSame } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { LONG, type Scene } from '../lib/scene.js';
import { whereHandlesAreUnique } from '../lib/where.js';

const NEW = toTexts({ new: 1 });

export const create: readonly Rule[] = [
  {
    sentence: 'create() returns false, and changes nothing, if the id has a live session',
    check: async scene => {
      const id = await scene.session({ a: 1 });
      await expectRefused(scene, id);
      await scene.expectLive(id, { a: 1 });
      await scene.expectRemaining(id, LONG);
    },
  },
  {
    sentence: 'create() returns false, and changes nothing, if the id has the mark of an ended session',
    check: async scene => {
      const id = await scene.session({ a: 1 });
      await scene.a.end(id);
      await expectRefused(scene, id);
      await scene.expectMark(id, false);
    },
  },
  {
    sentence: 'create() returns false, and changes nothing, if the id has the mark of a moved session',
    check: async scene => {
      const [first, second, last] = await scene.moved(2, { a: 1 }) as [string, string, string];
      for (const id of [first, second]) {
        await expectRefused(scene, id);
        await scene.expectMark(id, true);
      }
      await scene.expectLive(last, { a: 1 });
    },
  },
  {
    sentence: 'create() replaces a session whose time is over, and keeps nothing of it',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.session({ old: 1 }, 1);
      await scene.wait();
      expectSame('The answer to create()', await scene.b.create(id, NEW, { lifetime: LONG }), true);
      await scene.expectLive(id, NEW);
      await scene.expectRemaining(id, LONG);
    },
  },
  {
    sentence: 'With `uniqueHandles`, create() returns false if a record has the same first 16 characters of its id, which touch() and delete() leave alone, and a deleted one leaves no mark',
    check: whereHandlesAreUnique(async scene => {
      const id = newStoredId();
      const other = newStoredId(id);
      expectSame('The answer to create()', await scene.a.create(id, NEW, { lifetime: LONG }), true);
      await expectRefused(scene, other);
      expectSame('The answer to touch() for the other id', await scene.b.touch(other, LONG * 3), false);
      await scene.b.delete(other);
      await scene.expectLive(id, NEW);
      await scene.expectRemaining(id, LONG);
      await expectRefused(scene, other);
      await scene.a.delete(id);
      expectSame('The answer to touch() for the deleted id', await scene.a.touch(id, LONG), false);
      expectSame('The answer to create() after delete()', await scene.b.create(other, NEW, { lifetime: LONG }), true);
      await scene.a.delete(id);
      await scene.expectLive(other, NEW);
    }),
  },
  {
    sentence: 'create() accepts a lifetime of 0 seconds: the session is over at once',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.id();
      expectSame('The answer to create()', await scene.a.create(id, NEW, { lifetime: 0 }), true);
      await scene.wait();
      await scene.expectNoSession(id);
    },
  },
];

async function expectRefused(scene: Scene, id: string): Promise<void> {

  for (const store of scene.both) {
    expectSame('The answer to create()', await store.create(id, NEW, { lifetime: LONG * 3 }), false);
  }

}
