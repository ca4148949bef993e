import { encrypted } from '../../src/index.js';
import { newStoredId } from '../../src/id/stored-id.js';
import { storedIdOf } from '../../src/encryption/session-keys.js';
import type { AtomicSessionStore } from '../../src/base/store.js';
import { toTexts } from '../../src/values/session-values.js';
import { FIRST_VALUES } from './actions.js';
import type { Begun } from './migrating-world.js';
import { ParkingLot } from './parking-lot.js';
import { ParkingStore } from './parking-store.js';
import type { World } from './scenario.js';
import { KEYED } from './sealed.js';
import { peekInto } from './worlds.js';

/** Replaces the ids of browsers with the stored ones in the calls of a parking lot. */
class TranslatingLot extends ParkingLot {

  readonly #lot: ParkingLot;
  readonly #idOf: (storedId: string) => string;

  constructor(lot: ParkingLot, idOf: (storedId: string) => string) {
    super(() => null, []);
    this.#lot = lot;
    this.#idOf = idOf;
  }

  override park(request: string, process: string, method: string, args: readonly unknown[], carryOut: () => unknown): Promise<never> {
    return this.#lot.park(request, process, method, args.map(arg => typeof arg === 'string' ? this.#idOf(arg) : arg), carryOut);
  }

}

/**
 * As `worldOf()`: each process has `encrypted()` around its way to the store.
 *
 * @param ofUser a session of a user, with which the world begins then
 */
export function sealedWorld(store: AtomicSessionStore, ofUser?: Begun): World {

  const ids = new Map<string, string>();
  const sealed = encrypted(store, KEYED) as Required<AtomicSessionStore>;
  const known = (id: string) => {
    ids.set(storedIdOf(id), id);
    return id;
  };
  const first = known(newStoredId());
  // Half of its life is over, so that a request that only reads refreshes it.
  const begun = ofUser ?? { texts: toTexts(FIRST_VALUES), lifetime: 1800 };
  sealed.create(first, begun.texts, begun);
  return {
    cookie: first,
    storeFor: (request, lot) => {
      const parking = new ParkingStore(new TranslatingLot(lot, id => ids.get(id) ?? id), store, request, [], ofUser && newStoredId);
      const newSessionId = (moving?: string) => known(lot.newId(request, () => newStoredId(moving)));
      return Object.assign(encrypted(parking, KEYED), { newSessionId });
    },
    peek: peekInto(sealed),
  };

}
