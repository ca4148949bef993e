import {
  type AtomicSessionStore, type Awaitable, type CreateTerms, type FoundSession, MemoryStore, type MoveTerms,
  type StoredInfo, type SessionChange, type SessionTexts, type SessionValues, type StoredUserSession,
  type UpdateTerms, type WhichSessions,
} from '../../src/index.js';

/**
 * Sessions in memory with info beside their values, in a store with each optional
 * method of the contract. It records each call, and can be made to wait.
 */
export class InfoStore implements AtomicSessionStore {

  readonly atomic = true;
  readonly touchIsFree = true;
  readonly keepsInfo = true;

  readonly memory = new MemoryStore();
  readonly infos = new Map<string, StoredInfo>();
  readonly calls: Array<readonly [method: string, ...args: readonly unknown[]]> = [];
  /** Runs before each call; when it returns a promise, the call waits for it. */
  before: (method: string) => Awaitable<unknown> = () => {};

  newSessionId(): string {
    throw new Error('Its ids are not wanted');
  }

  isSessionId(id: string): boolean {
    return /^[a-z\d]{59}$/i.test(id);
  }

  handleOf(id: string): string {
    return `handle ${id.slice(0, 16)}`;
  }

  get(id: string): Promise<SessionValues | null> {
    return this.memory.get(id);
  }

  set(id: string, values: SessionValues, expire: number): Promise<void> {
    return this.memory.set(id, values, expire);
  }

  delete(id: string): Promise<void> {
    this.infos.delete(id);
    return this.memory.delete(id);
  }

  load(id: string): Promise<FoundSession | null> {
    return this.#call(['load', id], () => this.#loaded(id));
  }

  create(id: string, texts: SessionTexts, { lifetime, newInfo }: CreateTerms): Promise<boolean> {
    return this.#call(['create', id, lifetime, newInfo], () => {
      const created = this.memory.create(id, texts, { lifetime }) === true;
      if (created) this.#become(id, newInfo?.info);
      return created;
    });
  }

  update(id: string, change: SessionChange, terms: UpdateTerms) {
    return this.#call(['update', id, terms.version, terms.patience, terms.user], () => this.memory.update(id, change, terms));
  }

  touch(id: string, lifetime: number, user?: string): Promise<boolean> {
    return this.#call(['touch', id, lifetime, user], () => this.memory.touch(id, lifetime));
  }

  end(id: string): Promise<boolean> {
    return this.#call(['end', id], () => this.memory.end(id));
  }

  move(
    id: string, newId: string, change: SessionChange, { lifetime, patience, newInfo, version, maxBytes }: MoveTerms,
  ) {
    return this.#call(['move', id, newId, patience, newInfo, version], () => {
      const found = this.#loaded(id);
      if (version !== undefined && found?.status === 'live' && found.version !== version) return 'conflict' as const;
      const answer = this.memory.move(id, newId, change, { lifetime, maxBytes });
      if (answer === 'moved') this.#become(newId, newInfo ? newInfo.info : this.infos.get(id));
      return answer;
    });
  }

  sessionsOf(user: string): Promise<readonly StoredUserSession[]> {
    return this.#call(['sessionsOf', user], () => [...this.infos].filter(([, info]) => info.user === user).map(([id, { details }]) => (
      { handle: this.handleOf(id), details, idle: 0, remaining: 1 }
    )));
  }

  endSessionsOf(user: string, which?: WhichSessions): Promise<readonly string[]> {
    return this.#call(['endSessionsOf', user, which], () => ['ended']);
  }

  endAllSessions(): Promise<void> {
    return this.#call(['endAllSessions'], () => {});
  }

  #loaded(id: string): FoundSession | null {

    const found = this.memory.load(id);
    return found?.status === 'live' ? { ...found, info: this.infos.get(id) } : found;

  }

  #become(id: string, info: StoredInfo | undefined): void {

    this.infos.delete(id);
    if (info) this.infos.set(id, info);

  }

  async #call<T>(call: readonly [string, ...unknown[]], act: () => T): Promise<Awaited<T>> {

    this.calls.push(call);
    await this.before(call[0]);
    return await act();

  }

}
