import { A_WHILE } from '../contract/expiry.js';
import { expectSame } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';

export const end: readonly Rule[] = [
  {
    sentence: 'end() ends the session, and leaves a mark that says "ended"',
    check: async scene => {
      const [id, other] = [await scene.session(), await scene.session({ a: 1 })];
      expectSame('The answer to end()', await scene.b.end(id), true);
      await scene.expectNoSession(id);
      await scene.expectMark(id, false);
      await scene.expectLive(other, { a: 1 });
    },
  },
  {
    sentence: 'end() returns false if there is nothing to end',
    check: async scene => {
      const unknown = await scene.id();
      const ended = await scene.session();
      await scene.a.end(ended);
      for (const store of scene.both) {
        expectSame('The answer to end() for an unknown id', await store.end(unknown), false);
        expectSame('The answer to end() for an ended session', await store.end(ended), false);
      }
      await scene.expectUnknown(unknown);
    },
  },
  {
    sentence: 'end() of a session whose visitor already has another one leaves a mark that says "moved"',
    check: async scene => {
      const id = await scene.session();
      expectSame('The answer to end()', await scene.b.end(id, { moved: true }), true);
      await scene.expectNoSession(id);
      await scene.expectMark(id, true);
      expectSame('The answer to end() for an ended session', await scene.a.end(id), false);
    },
  },
  {
    sentence: 'end() follows a mark that says "moved": it ends the session under its new id',
    check: async scene => {
      const [first, last] = await scene.moved(1) as [string, string];
      expectSame('The answer to end() for the former id', await scene.b.end(first), true);
      for (const id of [first, last]) {
        await scene.expectNoSession(id);
        await scene.expectMark(id, false);
      }
      for (const id of [first, last]) expectSame('The answer to end() for an ended session', await scene.a.end(id), false);
    },
  },
  {
    sentence: 'end() follows a session through several moves, from any of its former ids',
    check: async scene => {
      for (const from of [0, 1, 3]) {
        const ids = await scene.moved(4);
        expectSame('The answer to end() for a former id', await scene.at(from).end(ids[from] as string), true);
        for (const id of ids) {
          await scene.expectNoSession(id);
          await scene.expectMark(id, false);
        }
      }
    },
  },
  {
    sentence: 'A mark says "moved" until the session has ended under its new id',
    check: async scene => {
      const [first, second, last] = await scene.moved(2) as [string, string, string];
      for (const id of [first, second]) await scene.expectMark(id, true);
      expectSame('The answer to end()', await scene.b.end(last), true);
      for (const id of [first, second, last]) await scene.expectMark(id, false);
    },
  },
  {
    sentence: 'end() returns false for a session whose time is over',
    waits: A_WHILE,
    check: async scene => {
      const id = await scene.session({ a: 1 }, 1);
      await scene.wait();
      expectSame('The answer to end()', await scene.b.end(id), false);
      await scene.expectNoSession(id);
    },
  },
];
