import type { LiveSession, SessionTexts } from '../../base/store.js';
import { A_WHILE } from '../contract/expiry.js';
import { expect, expectSame, show } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { changing, LIFETIMES, LONG, NOTHING, type Scene } from '../lib/scene.js';

export const update: readonly Rule[] = [
  {
    sentence: 'update() merges a change key by key: keys that it does not name stay',
    check: async scene => {
      const id = await scene.session({ a: 1, b: 2, c: 3 });
      await expectUpdated(scene, id, { b: 'new', c: undefined, d: 4 });
      await scene.expectLive(id, { a: 1, b: 'new', d: 4 });
    },
  },
  {
    sentence: 'update() replaces values whole: it never merges deeper',
    check: async scene => {
      const id = await scene.session({
        user: { id: 5, roles: ['a', 'b'], more: { x: 1 } }, list: [1, 2, 3], empty: { a: 1 }, none: 1,
      });
      await expectUpdated(scene, id, { user: { roles: [], more: { y: 2 } }, list: [9], empty: {}, none: null });
      await scene.expectLive(id, { user: { roles: [], more: { y: 2 } }, list: [9], empty: {}, none: null });
    },
  },
  {
    sentence: 'update() unsets only the keys that it names, and succeeds if they do not exist',
    check: async scene => {
      const id = await scene.session({ a: 1, 'a.b': 2, A: 3, ' a': 4, '': 5, b: { c: 6 } });
      await expectUpdated(scene, id, { 'a.b': undefined, 'b.c': undefined });
      await scene.expectLive(id, { a: 1, A: 3, ' a': 4, '': 5, b: { c: 6 } });
      await expectUpdated(scene, id, { a: undefined, missing: undefined });
      await expectUpdated(scene, id, { a: undefined });
      await scene.expectLive(id, { A: 3, ' a': 4, '': 5, b: { c: 6 } });
    },
  },
  {
    sentence: 'update() with nothing to change leaves the values as they are',
    check: async scene => {
      const id = await scene.session({ a: 1 });
      expectSame('The answer to update()', await scene.a.update(id, NOTHING, { lifetime: LONG }), 'updated');
      await scene.expectLive(id, { a: 1 });
    },
  },
  {
    sentence: 'update() changes no other session',
    check: async scene => {
      const [id, other] = [await scene.session({ a: 1 }), await scene.session({ a: 1 })];
      await expectUpdated(scene, id, { a: 2 });
      await scene.expectLive(other, { a: 1 });
    },
  },
  {
    sentence: 'update() lets a session live for at least `lifetime` more seconds',
    check: async scene => {
      const id = await scene.session({ a: 1 }, 30);
      for (const lifetime of LIFETIMES) {
        expectSame('The answer to update()', await scene.b.update(id, changing({ a: lifetime }), { lifetime }), 'updated');
        await scene.expectRemaining(id, lifetime);
      }
    },
  },
  {
    sentence: 'update() never shortens a life',
    check: async scene => {
      const id = await scene.session({ a: 1 }, LONG);
      for (const lifetime of [60, 1, 0]) {
        expectSame('The answer to update()', await scene.b.update(id, changing({ a: lifetime }), { lifetime }), 'updated');
      }
      await scene.expectRemaining(id, LONG);
    },
  },
  {
    sentence: 'update() that removes the last key leaves a live session, which another change can fill again',
    check: async scene => {
      const id = await scene.session({ a: 1, b: 2 });
      await expectUpdated(scene, id, { a: undefined, b: undefined });
      await scene.expectLive(id, {});
      await scene.expectRemaining(id, LONG);
      await expectUpdated(scene, id, { c: 3 });
      await scene.expectLive(id, { c: 3 });
    },
  },
  {
    sentence: 'update() that unsets all keys and sets a new one leaves the new one',
    check: async scene => {
      const id = await scene.session({ a: 1, b: 2 });
      await expectUpdated(scene, id, { a: undefined, b: undefined, c: 3 });
      await scene.expectLive(id, { c: 3 });
    },
  },
  {
    sentence: 'update() that removes the last key of a moved session ends nothing: the marks of the former ids say "moved"',
    check: async scene => {
      const [first, second, last] = await scene.moved(2, { a: 1 }) as [string, string, string];
      await expectUpdated(scene, last, { a: undefined });
      await scene.expectLive(last, {});
      for (const id of [first, second]) await scene.expectMark(id, true);
    },
  },
  {
    sentence: 'update() returns "gone" if there is no live session, and creates none',
    check: async scene => {
      const unknown = await scene.id();
      const ended = await scene.session({ a: 1 });
      await scene.expectLive(ended, { a: 1 });
      await scene.a.end(ended);
      const [moved, last] = await scene.moved(1, { a: 1 }) as [string, string];
      for (const id of [unknown, ended, moved]) {
        for (const change of [changing({ new: 1 }), changing({ a: undefined, b: undefined }), NOTHING]) {
          expectSame('The answer to update()', await scene.b.update(id, change, { lifetime: LONG }), 'gone');
          await scene.expectNoSession(id);
        }
      }
      await scene.expectUnknown(unknown);
      await scene.expectMark(ended, false);
      await scene.expectMark(moved, true);
      await scene.expectLive(last, { a: 1 });
    },
  },
  {
    sentence: 'update() returns "gone" for a session whose time is over, and does not bring it back',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.session({ a: 1 }, 1);
      await scene.wait();
      for (const change of [changing({ a: 2 }), changing({ a: undefined })]) {
        expectSame('The answer to update()', await scene.b.update(id, change, { lifetime: LONG }), 'gone');
        await scene.expectNoSession(id);
      }
    },
  },
  {
    sentence: 'update() that is given the texts it was made from keeps what has changed since, and brings nothing back',
    check: async scene => {
      const [id, ended] = [await scene.session({ a: 1, b: 1 }), await scene.session({ a: 1 })];
      for (const change of [changing({ a: 2 }), changing({ a: 30 }), changing({ a: undefined, c: 4 })]) {
        const loaded = await textsOf(scene, id);
        await expectUpdated(scene, id, { b: loaded.size, d: change.set.size });
        expectSame('The answer to update()', await scene.a.update(id, change, { lifetime: LONG, loaded }), 'updated');
      }
      await scene.expectLive(id, { b: 3, c: 4, d: 1 });
      const loaded = await textsOf(scene, ended);
      await scene.b.end(ended);
      expectSame('The answer to update()', await scene.a.update(ended, changing({ a: 2 }), { lifetime: LONG, loaded }), 'gone');
      await scene.expectMark(ended, false);
    },
  },
  {
    sentence: 'A session that update() has lengthened outlives its first lifetime',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.lengthened(each => scene.a.update(each, changing({ b: 2 }), { lifetime: LONG }), 'updated');
      await scene.wait();
      await scene.expectLive(id, { a: 1, b: 2 });
    },
  },
];

async function textsOf(scene: Scene, id: string): Promise<SessionTexts> {

  const found = await scene.a.load(id);
  expect(found?.status === 'live', () => `load() returned ${show(found)}`);
  return (found as LiveSession).texts;

}

async function expectUpdated(scene: Scene, id: string, values: Record<string, unknown>): Promise<void> {

  expectSame('The answer to update()', await scene.b.update(id, changing(values), { lifetime: LONG }), 'updated');

}
