import type { SessionValues } from '../../base/store.js';
import { anySession, CORPUS, ESCAPED_CORPUS, KEYS, readableKeys } from '../lib/corpus.js';
import type { Rule } from '../lib/rule.js';
import { expireIn, LONG, type Scene } from '../lib/scene.js';

export const values: readonly Rule[] = [
  ...Object.entries(CORPUS).map(([name, session]): Rule => ({
    sentence: `get() returns exactly what set() was given: ${name}`,
    check: scene => roundTrip(scene, session),
  })),
  ...Object.entries(ESCAPED_CORPUS).map(([name, session]): Rule => ({
    sentence: `get() returns exactly what set() was given, if JSON.parse() reads it correctly: ${name}`,
    check: async scene => {
      if (readableKeys() === KEYS) await roundTrip(scene, session);
    },
  })),
  {
    sentence: 'get() returns exactly what set() was given: values of a generator',
    check: scene => {
      const keys = readableKeys();
      return scene.trials(random => roundTrip(scene, anySession(random, keys)));
    },
  },
  {
    sentence: 'set() replaces all values of a session',
    check: async scene => {
      const id = await scene.id();
      await scene.a.set(id, { a: 1, b: { c: 2 } }, expireIn(LONG));
      await scene.b.set(id, { b: { d: 3 } }, expireIn(LONG));
      await scene.expectValues(id, { b: { d: 3 } });
    },
  },
  {
    sentence: 'A hundred sessions that are stored and read at once do not mix their values',
    check: async scene => {
      const ids = await Promise.all(Array.from({ length: 100 }, () => scene.id()));
      await Promise.all(ids.map((id, index) => scene.at(index).set(id, { index, id }, expireIn(LONG))));
      await Promise.all(ids.map((id, index) => scene.expectValues(id, { index, id })));
    },
  },
];

async function roundTrip(scene: Scene, session: SessionValues): Promise<void> {

  const id = await scene.id();
  await scene.a.set(id, session, expireIn(LONG));
  await scene.expectValues(id, session);

}
