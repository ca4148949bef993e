import type {
  AtomicSessionStore, CreateTerms, EndTerms, SessionChange, SessionStore, SessionTexts, SessionValues, UpdateTerms,
} from '../../src/base/store.js';
import { currentRequest, type ParkingLot } from './parking-lot.js';

/** A caller of a store. */
export interface Caller {
  readonly request: string;
  readonly process: string;
}

/** An atomic store whose calls are parked. It has `move` or `take`, as the store has. */
export class ParkingStore implements AtomicSessionStore {

  readonly atomic: boolean = true;
  readonly touchIsFree: boolean = true;
  declare readonly move?: NonNullable<AtomicSessionStore['move']>;
  declare readonly take?: NonNullable<AtomicSessionStore['take']>;
  readonly keepsInfo: boolean;
  readonly uniqueHandles: boolean;
  declare readonly handleOf?: NonNullable<AtomicSessionStore['handleOf']>;
  declare readonly sessionsOf?: NonNullable<AtomicSessionStore['sessionsOf']>;
  declare readonly endSessionsOf?: NonNullable<AtomicSessionStore['endSessionsOf']>;
  declare readonly endAllSessions?: NonNullable<AtomicSessionStore['endAllSessions']>;
  declare readonly sessionPage?: NonNullable<AtomicSessionStore['sessionPage']>;
  declare readonly statesOf?: NonNullable<AtomicSessionStore['statesOf']>;
  declare readonly infoByHandle?: NonNullable<AtomicSessionStore['infoByHandle']>;

  readonly #lot: ParkingLot;
  readonly #store: AtomicSessionStore;
  readonly #caller: Caller;
  readonly #ids: readonly string[];
  readonly #makeId: ((moving?: string) => string) | undefined;

  /**
   * @param caller a request whose process answers no other, or a caller that may change
   * @param ids what `newSessionId` returns first
   * @param makeId makes ids, if their form matters
   */
  constructor(
    lot: ParkingLot, store: AtomicSessionStore, caller: string | Caller, ids: readonly string[] = [], makeId?: (moving?: string) => string,
  ) {

    this.#lot = lot;
    this.#store = store;
    this.#caller = typeof caller === 'string' ? { request: caller, process: caller } : caller;
    this.#ids = ids;
    this.#makeId = makeId;
    this.keepsInfo = store.keepsInfo === true;
    this.uniqueHandles = makeId !== undefined && store.uniqueHandles === true;
    if (makeId && store.sessionsOf) {
      this.handleOf = id => store.handleOf?.(id) as string;
      this.sessionsOf = (...args) => this.#park('sessionsOf', args, () => store.sessionsOf?.(...args));
      this.endSessionsOf = (...args) => this.#park('endSessionsOf', args, () => store.endSessionsOf?.(...args));
      this.endAllSessions = (...args) => this.#park('endAllSessions', args, () => store.endAllSessions?.(...args));
      this.statesOf = (...args) => this.#park('statesOf', args, () => store.statesOf?.(...args));
      this.infoByHandle = (...args) => this.#park('infoByHandle', args, () => store.infoByHandle?.(...args));
      this.sessionPage = (...args) => this.#park('sessionPage', args, () => store.sessionPage?.(...args));
    }
    if (store.move) {
      this.move = (id, newId, change, ...more) => this.#park('move', [id, newId, change], () => store.move?.(id, newId, change, ...more));
    } else {
      this.take = (...args) => this.#park('take', args, () => store.take?.(...args));
    }

  }

  newSessionId(moving?: string): string {
    return this.#lot.newId(this.#caller.request, made => this.#makeId ? this.#makeId(moving) : this.#ids[made]);
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

  create(id: string, texts: SessionTexts, terms: CreateTerms) {
    return this.#park('create', [id, texts], () => this.#store.create(id, texts, terms));
  }

  update(id: string, change: SessionChange, terms: UpdateTerms) {
    return this.#park('update', [id, change, terms.version], () => this.#store.update(id, change, terms));
  }

  touch(id: string, lifetime: number) {
    return this.#park('touch', [id], () => this.#store.touch(id, lifetime));
  }

  end(id: string, terms?: EndTerms) {
    return this.#park('end', [id], () => this.#store.end(id, terms));
  }

  #park(method: string, args: readonly unknown[], carryOut: () => unknown): Promise<never> {
    return this.#lot.park(this.#caller.request, this.#caller.process, method, args, carryOut);
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
    return this.#lot.newId(currentRequest.getStore() as string);
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
    return this.#lot.park(currentRequest.getStore() as string, this.#process, method, args, carryOut);
  }

}
