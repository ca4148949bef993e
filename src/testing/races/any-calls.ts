import { isDeepStrictEqual } from 'node:util';
import { toTexts } from '../../values/session-values.js';
import type { CheckedStore } from '../lib/checked-store.js';
import { broken, show } from '../lib/failure.js';
import { foundIn, Model } from '../lib/model.js';
import { race } from '../lib/race.js';
import { oneOf, type Random } from '../lib/random.js';
import type { Rule } from '../lib/rule.js';
import { changing, LONG, type Scene } from '../lib/scene.js';

/** The number of calls at once: there are 120 orders in which they can have happened. */
const AT_ONCE = 5;

const FIRST = { a: 0, b: 0 };

/** A call of the store, and the model's answer to it. */
interface Call {
  readonly ask: (store: CheckedStore) => Promise<unknown>;
  readonly expect: (model: Model) => unknown;
}

export const anyCallsAtOnce: readonly Rule[] = [
  {
    sentence: 'Race: calls at once get the answers that they would get one after the other, in some order',
    check: scene => scene.trials(async random => {
      const [former, id] = await scene.moved(1, FIRST) as [string, string];
      const found = await scene.a.load(id);
      const version = found?.status === 'live' ? found.version : undefined;
      const newIds = await Promise.all(Array.from({ length: AT_ONCE }, () => scene.id(id)));
      const calls = newIds.map((newId, index) => anyCall(scene, { former, id, newId, version }, `k${index}`, random));

      const answers = await race(random, ...calls.map(({ ask }, index) => () => ask(scene.at(index))));
      const looks = [former, id, ...newIds].map((each): Call => ({
        ask: async store => foundIn(await store.load(each)), expect: model => model.load(each),
      }));
      for (const { ask } of looks) answers.push(await ask(scene.b));

      const isExplained = ordersOf(calls.map((_, index) => index)).some(order => {
        const model = new Model();
        model.create(former, toTexts(FIRST));
        model.move(former, id, changing({}));
        const expected: unknown[] = [];
        for (const index of order) expected[index] = calls[index]?.expect(model);
        for (const { expect } of looks) expected.push(expect(model));
        return isDeepStrictEqual(expected, answers);
      });
      if (!isExplained) throw broken(`No order of the calls explains their answers and what was found then: ${show(answers)}`);
    }),
  },
];

interface Ids {
  readonly former: string;
  readonly id: string;
  readonly newId: string;
  /** Of the session as it was before the calls. */
  readonly version: string | number | undefined;
}

function anyCall({ a: { canMove } }: Scene, { former, id, newId, version }: Ids, key: string, random: Random): Call {

  // Nothing sets a value twice, so that equal versions are equal contents, too.
  const change = changing({ [key]: 1, [oneOf(['a', 'b', 'c'], random)]: undefined });
  const calls: readonly Call[] = [
    { ask: store => store.update(id, change, { lifetime: LONG }), expect: model => model.update(id, change) },
    { ask: store => store.update(id, change, { lifetime: LONG }), expect: model => model.update(id, change) },
    { ask: store => store.update(id, change, { lifetime: LONG, version }), expect: model => model.update(id, change, 1) },
    {
      ask: store => store.update(id, changing({ a: undefined, b: undefined }), { lifetime: LONG }),
      expect: model => model.update(id, changing({ a: undefined, b: undefined })),
    },
    { ask: store => store.touch(id, LONG), expect: model => model.touch(id) },
    { ask: store => store.end(id), expect: model => model.end(id) },
    { ask: store => store.end(former), expect: model => model.end(former) },
    { ask: store => store.create(id, change.set, { lifetime: LONG }), expect: model => model.create(id, change.set) },
    { ask: async store => foundIn(await store.load(id)), expect: model => model.load(id) },
    { ask: async store => foundIn(await store.load(former)), expect: model => model.load(former) },
  ];
  const moves: readonly Call[] = [
    { ask: store => store.move(id, newId, change, { lifetime: LONG }), expect: model => model.move(id, newId, change) },
    { ask: store => store.move(id, newId, changing({}), { lifetime: LONG }), expect: model => model.move(id, newId, changing({})) },
    {
      ask: store => store.move(id, newId, change, { lifetime: LONG, version }),
      expect: model => model.move(id, newId, change, { changes: 1 }),
    },
  ];
  // Moves that take several steps can be seen half done.
  return oneOf(canMove ? [...calls, ...moves] : calls, random);

}

function ordersOf(things: readonly number[]): number[][] {

  if (things.length === 0) return [[]];
  return things.flatMap(first => ordersOf(things.filter(thing => thing !== first)).map(rest => [first, ...rest]));

}
