import type { CheckedStore } from '../lib/checked-store.js';
import { expect, expectSame, show } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, NOTHING } from '../lib/scene.js';

export const version: readonly Rule[] = [
  {
    sentence: 'The version differs after every change of the values',
    check: async scene => {
      const id = await scene.session({ a: 1, b: 1 });
      let before = await versionOf(scene.a, id);
      const changes = [{ a: 2 }, { a: 3 }, { c: 1 }, { b: undefined }, { c: undefined, d: 1 }, { a: 'x'.repeat(1000) }];
      for (const [index, change] of changes.entries()) {
        await scene.at(index).update(id, changing(change), { lifetime: LONG });
        const after = await versionOf(scene.a, id);
        expect(after !== before, () => `The version is ${show(after)} before and after the change ${show(change)}`);
        before = after;
      }
    },
  },
  {
    sentence: 'The version is the same for every caller, and a touch does not change it',
    check: async scene => {
      const id = await scene.session();
      const before = await versionOf(scene.a, id);
      expectSame('The version that another handle loads', await versionOf(scene.b, id), before);
      await scene.a.touch(id, LONG);
      await scene.b.touch(id, LONG * 2);
      for (const store of scene.both) expectSame('The version after touches', await versionOf(store, id), before);
    },
  },
  {
    sentence: 'update() with the stored version changes the session',
    check: async scene => {
      const id = await scene.session({ a: 1 });
      for (let count = 2; count < 5; count++) {
        const version = await versionOf(scene.a, id);
        expectSame('The answer to update()', await scene.b.update(id, changing({ a: count }), { lifetime: LONG, version }), 'updated');
        await scene.expectLive(id, { a: count });
      }
    },
  },
  {
    sentence: 'update() with an earlier version returns "conflict", and changes nothing',
    check: async scene => {
      const id = await scene.session({ a: 1, b: 1 });
      const passed = await versionOf(scene.a, id);
      await scene.b.update(id, changing({ a: 2 }), { lifetime: LONG });
      const stored = await versionOf(scene.a, id);
      for (const change of [changing({ a: 3 }), changing({ a: undefined, b: undefined }), NOTHING]) {
        expectSame('The answer to update()', await scene.a.update(id, change, { lifetime: LONG * 3, version: passed }), 'conflict');
        await scene.expectLive(id, { a: 2, b: 1 });
      }
      expectSame('The version after conflicts', await versionOf(scene.a, id), stored);
      await scene.expectRemaining(id, LONG);
    },
  },
  {
    sentence: 'move() with an earlier version returns "conflict", and changes nothing; with the stored version, it moves the session',
    check: async scene => {
      if (!scene.a.canMove) return;
      const id = await scene.session({ a: 1 });
      const passed = await versionOf(scene.a, id);
      await scene.b.update(id, changing({ a: 2 }), { lifetime: LONG });
      const stored = await versionOf(scene.a, id);
      for (const change of [changing({ a: 3 }), changing({ a: undefined }), NOTHING]) {
        const newId = await scene.id(id);
        const answer = await scene.a.move(id, newId, change, { lifetime: LONG, version: passed });
        expectSame('The answer to move()', answer, 'conflict');
        await scene.expectNoSession(newId);
        await scene.expectLive(id, { a: 2 });
      }
      await scene.a.touch(id, LONG);
      const newId = await scene.id(id);
      expectSame('The answer to move()', await scene.b.move(id, newId, NOTHING, { lifetime: LONG, version: stored }), 'moved');
      await scene.expectLive(newId, { a: 2 });
      const next = await scene.id(id);
      expectSame('The answer to move() from the former id', await scene.b.move(id, next, NOTHING, { lifetime: LONG, version: stored }), 'gone');
    },
  },
  {
    sentence: 'update() with a version changes a session that was only touched since',
    check: async scene => {
      const id = await scene.session({ a: 1 });
      const version = await versionOf(scene.a, id);
      await scene.b.touch(id, LONG * 2);
      expectSame('The answer to update()', await scene.a.update(id, changing({ a: 2 }), { lifetime: LONG, version }), 'updated');
    },
  },
  {
    sentence: 'update() with a version returns "gone" if there is no live session',
    check: async scene => {
      const id = await scene.session({ a: 1 });
      const version = await versionOf(scene.a, id);
      await scene.a.end(id);
      expectSame('The answer to update()', await scene.b.update(id, changing({ a: 2 }), { lifetime: LONG, version }), 'gone');
      await scene.expectMark(id, false);
    },
  },
];

export async function versionOf(store: CheckedStore, id: string): Promise<string | number> {

  const found = await store.load(id);
  expect(found?.status === 'live', () => `There must be a live session, but load() returned ${show(found)}`);
  return (found as { version: string | number }).version;

}
