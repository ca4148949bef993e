import {
  type AtomicSessionStore, type Awaitable, type CreateTerms, type FoundSession, MemoryStore, type MemoryStoreOptions,
  type MoveTerms, type SessionChange, type SessionTexts, type SessionValues, type UpdateTerms,
} from '../../src/index.js';

/**
 * A MemoryStore behind a wire: each call is a promise, is recorded, and can be
 * made to fail or to hang.
 */
export class RecordingStore implements AtomicSessionStore {

  readonly atomic = true;
  readonly touchIsFree: boolean = false;
  readonly keepsInfo = true;

  /** The round trips so far. */
  calls: string[] = [];
  /** The ids of these calls. */
  ids: string[] = [];
  /** How many ids were made. */
  idsMade = 0;
  /** Runs before each call: throws to fail, returns a promise to make it wait. */
  before: (method: string) => Awaitable<unknown> = () => {};
  /** Runs after each call, when its effect has happened but was not answered. */
  after: (method: string) => Awaitable<unknown> = () => {};

  readonly memory: MemoryStore;

  constructor(options?: MemoryStoreOptions) {
    this.memory = new MemoryStore(options);
  }

  /** Returns the calls since the last time. */
  takeCalls(): string[] {

    const calls = this.calls;
    this.calls = [];
    this.ids = [];
    return calls;

  }

  get(id: string): Promise<SessionValues | null> {
    return this.#call('get', id, () => this.memory.get(id));
  }

  set(id: string, values: SessionValues, expire: number): Promise<void> {
    return this.#call('set', id, () => this.memory.set(id, values, expire));
  }

  delete(id: string): Promise<void> {
    return this.#call('delete', id, () => this.memory.delete(id));
  }

  newSessionId(moving?: string): string {
    this.idsMade++;
    return this.memory.newSessionId(moving);
  }

  isSessionId(id: string): boolean {
    return this.memory.isSessionId(id);
  }

  load(id: string): Promise<FoundSession | null> {
    return this.#call('load', id, () => this.memory.load(id));
  }

  create(id: string, texts: SessionTexts, terms: CreateTerms): Promise<boolean | 'revoked'> {
    return this.#call('create', id, () => this.memory.create(id, texts, terms));
  }

  update(id: string, change: SessionChange, terms: UpdateTerms) {
    return this.#call('update', id, () => this.memory.update(id, change, terms));
  }

  touch(id: string, lifetime: number): Promise<boolean> {
    return this.#call('touch', id, () => this.memory.touch(id, lifetime));
  }

  end(id: string): Promise<boolean> {
    return this.#call('end', id, () => this.memory.end(id));
  }

  move(id: string, newId: string, change: SessionChange, terms: MoveTerms) {
    return this.#call('move', id, () => this.memory.move(id, newId, change, terms));
  }

  handleOf(id: string): string {
    return this.memory.handleOf(id);
  }

  async #call<T>(method: string, id: string, act: () => Awaitable<T>): Promise<T> {

    this.calls.push(method);
    this.ids.push(id);
    await this.before(method);
    const answer = await act();
    await this.after(method);
    return answer;

  }

}
