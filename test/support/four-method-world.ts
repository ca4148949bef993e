import { toTexts } from '../../src/values/session-values.js';
import type { SessionStore, SessionValues } from '../../src/base/store.js';
import { FIRST_VALUES } from './actions.js';
import type { ParkingLot } from './parking-lot.js';
import { ParkingFourMethodStore } from './parking-store.js';
import type { World } from './scenario.js';
import { FIRST_ID } from './worlds.js';

/** The four methods over a map that several processes may share. */
export class SharedMapStore implements SessionStore {

  readonly records: Map<string, SessionValues>;
  readonly #pause: () => Promise<void>;
  #ids = 0;

  /** @param pause what each call waits for before it does anything, and before it answers */
  constructor(records = new Map<string, SessionValues>(), pause: () => Promise<void> = async () => {}) {
    this.records = records;
    this.#pause = pause;
  }

  async get(id: string): Promise<SessionValues | null> {

    await this.#pause();
    const values = this.records.get(id);
    await this.#pause();
    return values ? structuredClone(values) : null;

  }

  async set(id: string, values: SessionValues): Promise<void> {

    await this.#pause();
    this.records.set(id, structuredClone(values));
    await this.#pause();

  }

  async delete(id: string): Promise<void> {

    await this.#pause();
    this.records.delete(id);
    await this.#pause();

  }

  newSessionId(): string {
    return `shared-${++this.#ids}`;
  }

}

/**
 * A world whose store has only four methods.
 *
 * @param processOf the process that answers a request: each has an adapter of its
 * own
 */
export function fourMethodWorld(processOf: (request: string) => string): World {

  const store = new SharedMapStore(new Map([[FIRST_ID, { ...FIRST_VALUES }]]));
  const stores = new Map<string, SessionStore>();
  const storeOf = (process: string, lot: ParkingLot): SessionStore => {
    const known = stores.get(process) ?? new ParkingFourMethodStore(lot, store, process);
    stores.set(process, known);
    return known;
  };
  return {
    cookie: FIRST_ID,
    processOf,
    storeFor: (request, lot) => storeOf(processOf(request), lot),
    peek: id => {
      const values = store.records.get(id);
      return values ? toTexts(values) : null;
    },
  };

}
