import type { AtomicSessionStore, SessionChange, SessionStore, SessionTexts, SessionValues } from '../../src/store.js';
import { type ParkingLot, underWay } from './parking-lot.js';

/** An atomic store whose calls are parked. It has `move` or `take`, as the store has. */
export class ParkingStore implements AtomicSessionStore {

  readonly atomic: boolean = true;
  readonly touchIsFree: boolean = true;
  declare readonly move?: NonNullable<AtomicSessionStore['move']>;
  declare readonly take?: NonNullable<AtomicSessionStore['take']>;

  readonly #lot: ParkingLot;
  readonly #store: AtomicSessionStore;
  readonly #request: string;
  readonly #ids: readonly string[];

  /** @param ids what `newSessionId` returns first */
  constructor(lot: ParkingLot, store: AtomicSessionStore, request: string, ids: readonly string[] = []) {

    this.#lot = lot;
    this.#store = store;
    this.#request = request;
    this.#ids = ids;
    if (store.move) {
      this.move = (...args) => this.#park('move', args, () => store.move?.(...args));
    } else {
      this.take = (...args) => this.#park('take', args, () => store.take?.(...args));
    }

  }

  newSessionId(): string {
    return this.#lot.newId(this.#request, this.#ids);
  }

  get(id: string) {
    return this.#park('get', [id], () => this.#store.get(id));
  }

  set(id: string, values: SessionValues, expire: number) {
    return this.#park('set', [id, values, expire], () => this.#store.set(id, values, expire));
  }

  delete(id: string) {
    return this.#park('delete', [id], () => this.#store.delete(id));
  }

  load(id: string) {
    return this.#park('load', [id], () => this.#store.load(id));
  }

  create(id: string, texts: SessionTexts, lifetime: number) {
    return this.#park('create', [id, texts], () => this.#store.create(id, texts, lifetime));
  }

  update(id: string, change: SessionChange, lifetime: number, version?: string | number) {
    return this.#park('update', [id, change, version], () => this.#store.update(id, change, lifetime, version));
  }

  touch(id: string, lifetime: number) {
    return this.#park('touch', [id], () => this.#store.touch(id, lifetime));
  }

  end(id: string) {
    return this.#park('end', [id], () => this.#store.end(id));
  }

  #park(method: string, args: readonly unknown[], carryOut: () => unknown): Promise<never> {
    return this.#lot.park(this.#request, this.#request, method, args, carryOut);
  }

}

/** A store of four methods whose calls are parked, for all requests of one process. */
export class ParkingFourMethodStore implements SessionStore {

  readonly #lot: ParkingLot;
  readonly #store: SessionStore;
  readonly #process: string;

  constructor(lot: ParkingLot, store: SessionStore, process: string) {
    this.#lot = lot;
    this.#store = store;
    this.#process = process;
  }

  newSessionId(): string {
    return this.#lot.newId(underWay.getStore() as string);
  }

  get(id: string) {
    return this.#park('get', [id], () => this.#store.get(id));
  }

  set(id: string, values: SessionValues, expire: number) {
    return this.#park('set', [id, values], () => this.#store.set(id, values, expire));
  }

  delete(id: string) {
    return this.#park('delete', [id], () => this.#store.delete(id));
  }

  #park(method: string, args: readonly unknown[], carryOut: () => unknown): Promise<never> {
    return this.#lot.park(underWay.getStore() as string, this.#process, method, args, carryOut);
  }

}
