import { toTexts } from '../../values/session-values.js';
import { expectSame, expectSameKeys } from '../lib/failure.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, NOTHING } from '../lib/scene.js';

/** Seconds for which a caller waits that is in no hurry. */
const AMPLE = 60;

export const patience: readonly Rule[] = [
  {
    sentence: 'If its caller has given up, create() either throws and leaves nothing, or is carried out and returns true',
    check: async scene => {
      const id = await scene.id();
      const { answer } = await scene.attempt(scene.a, 'create', id, toTexts({ a: 1 }), { lifetime: LONG, patience: -1 });
      if (answer === undefined) {
        await scene.expectUnknown(id);
      } else {
        expectSame('The answer to create()', answer, true);
        await scene.expectLive(id, { a: 1 });
      }
    },
  },
  {
    sentence: 'A write whose caller waits long enough is carried out',
    check: async scene => {
      const id = await scene.id();
      expectSame('The answer to create()', await scene.b.create(id, toTexts({ a: 1 }), { lifetime: LONG, patience: AMPLE }), true);
      expectSame('The answer to update()', await scene.a.update(id, changing({ a: 2 }), { lifetime: LONG, patience: AMPLE }), 'updated');
      const newId = await scene.id(id);
      if (scene.a.canMove) {
        expectSame('The answer to move()', await scene.b.move(id, newId, NOTHING, { lifetime: LONG, patience: AMPLE }), 'moved');
        await scene.expectLive(newId, { a: 2 });
      } else {
        expectSameKeys('What take() returned', await scene.b.take(id, newId, AMPLE), toTexts({ a: 2 }));
      }
    },
  },
  {
    sentence: 'If its caller has given up, update() either throws and changes nothing, or is carried out and returns "updated"',
    check: async scene => {
      const id = await scene.session({ a: 1 });
      const { answer } = await scene.attempt(scene.a, 'update', id, changing({ a: 2 }), { lifetime: LONG, patience: -1 });
      if (answer !== undefined) expectSame('The answer to update()', answer, 'updated');
      await scene.expectLive(id, { a: answer === undefined ? 1 : 2 });
    },
  },
  {
    sentence: 'If its caller has given up, a move either throws and changes nothing, or is carried out and says so',
    check: async scene => {
      const id = await scene.session({ a: 1 });
      const newId = await scene.id(id);
      const { answer } = scene.a.canMove
        ? await scene.attempt(scene.a, 'move', id, newId, changing({ a: 2 }), { lifetime: LONG, patience: -1 })
        : await scene.attempt(scene.a, 'take', id, newId, -1);
      if (answer === undefined) {
        await scene.expectLive(id, { a: 1 });
        await scene.expectNoSession(newId);
      } else if (scene.a.canMove) {
        expectSame('The answer to move()', answer, 'moved');
        await scene.expectNoSession(id);
        await scene.expectLive(newId, { a: 2 });
      } else {
        expectSame('What take() returned', answer, toTexts({ a: 1 }));
        await scene.expectNoSession(id);
      }
    },
  },
  {
    sentence: 'If its caller still waits when the patience is over, a write either is carried out and says so, or throws and changes nothing',
    check: async scene => {
      const terms = { lifetime: LONG, patience: -1, patienceLeft: () => AMPLE };
      const created = await scene.id();
      const creation = await scene.attempt(scene.a, 'create', created, toTexts({ a: 1 }), terms);
      if (creation.answer === undefined) {
        await scene.expectUnknown(created);
      } else {
        expectSame('The answer to create()', creation.answer, true);
        await scene.expectLive(created, { a: 1 });
      }
      const id = await scene.session({ a: 1 });
      const update = await scene.attempt(scene.a, 'update', id, changing({ a: 2 }), terms);
      if (update.answer !== undefined) expectSame('The answer to update()', update.answer, 'updated');
      const values = { a: update.answer === undefined ? 1 : 2 };
      await scene.expectLive(id, values);
      const newId = await scene.id(id);
      const move = scene.a.canMove
        ? await scene.attempt(scene.a, 'move', id, newId, NOTHING, terms)
        : await scene.attempt(scene.a, 'take', id, newId, terms.patience, terms.patienceLeft);
      if (move.answer === undefined) {
        await scene.expectLive(id, values);
      } else {
        if (scene.a.canMove) expectSame('The answer to move()', move.answer, 'moved');
        await scene.expectNoSession(id);
      }
    },
  },
];
