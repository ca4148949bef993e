import type { SessionChange, StoredInfo } from '../../base/store.js';
import { toTexts } from '../../values/session-values.js';
import type { CheckedStore } from '../lib/checked-store.js';
import { expectSame, expectSameKeys } from '../lib/failure.js';
import { foundIn, Model } from '../lib/model.js';
import { below, oneOf, type Random } from '../lib/random.js';
import type { Rule } from '../lib/rule.js';
import { LONG, type Scene } from '../lib/scene.js';

/** The number of calls in a trial, one after the other. */
const CALLS = 40;

const KEYS = ['a', 'b', '', '__proto__', 'a.b'];

export const anyCalls: readonly Rule[] = [
  {
    sentence: 'Calls in any order get the answers that the contract demands',
    check: scene => scene.trials(async random => {
      const model = new Model();
      const ids = [await scene.id(), await scene.id()];
      const trial: Trial = { scene, model, ids, random };
      for (let call = 0; call < CALLS; call++) await anyCall(trial, oneOf(scene.both, random), call);
      for (const id of ids) await expectAsModel(scene.a, model, id);
    }),
  },
];

interface Trial {
  readonly scene: Scene;
  readonly model: Model;
  /** Ids that a call may use; the last ones are the newest. */
  readonly ids: string[];
  readonly random: Random;
}

async function anyCall({ scene, model, ids, random }: Trial, store: CheckedStore, call: number): Promise<void> {

  // Only the last ids: an earlier one has no session any more.
  const id = ids[Math.max(0, ids.length - 1 - below(4, random))] as string;
  const change = anyChange(call, random);
  const info = infoOf(store, call);
  const newInfo = info && { info };

  switch (below(10, random)) {
    case 0:
    case 1: {
      const texts = toTexts({ a: call });
      return expectSame('The answer to create()', await store.create(id, texts, { lifetime: LONG, newInfo }), model.create(id, texts, info));
    }
    case 2:
    case 3:
    case 4:
      return expectSame('The answer to update()', await store.update(id, change, { lifetime: LONG }), model.update(id, change));
    case 5:
      return expectSame('The answer to touch()', await store.touch(id, LONG), model.touch(id));
    case 6:
      if (below(3, random) > 0) return;
      return expectSame('The answer to end()', await store.end(id), model.end(id));
    case 7: {
      const { answer, newId } = await scene.move(store, id, change, { lifetime: LONG, newInfo });
      expectSame('The answer to the move', answer, model.move(id, newId, change, { info }));
      if (answer === 'moved') ids.push(newId);
      else if (below(2, random) === 0) ids.push(await scene.id());
      return;
    }
    default:
      return expectAsModel(store, model, id);
  }

}

/** Returns a change with new values, so that it always changes something, and keys to be removed. */
function anyChange(call: number, random: Random): SessionChange {

  const set = new Map<string, string>();
  for (const key of KEYS) if (below(3, random) === 0) set.set(key, JSON.stringify([call, key]));
  return { set, unset: KEYS.filter(key => !set.has(key) && below(2, random) === 0) };

}

/** Returns an info for a session, in half of the cases; a store that has `take` gets none here. */
function infoOf({ keepsInfo, canMove }: CheckedStore, call: number): StoredInfo | undefined {

  if (!keepsInfo || !canMove || call % 2 === 0) return undefined;
  return { user: [null, 'one of the store tests', 'another of the store tests'][call % 3] as string | null, details: String(call) };

}

async function expectAsModel(store: CheckedStore, model: Model, id: string): Promise<void> {

  const [found, expected] = [foundIn(await store.load(id)), model.load(id)];
  if (found === null || typeof found === 'string' || expected === null || typeof expected === 'string') {
    return expectSame('What load() found', found, expected);
  }
  expectSameKeys('What load() returned', found.texts, expected.texts);
  expectSame('`info` of the session', found.info, expected.info);

}
