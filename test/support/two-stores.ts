import { type AtomicSessionStore, MemoryStore, type SessionStore, wrapStore } from '../../src/index.js';

const METHODS = ['load', 'create', 'update', 'touch', 'move', 'end', 'delete', 'sessionsOf', 'endSessionsOf', 'statesOf', 'infoByHandle'] as const;

/** The calls of both stores, as in `from.load`, in the order in which they were sent. */
export class Calls {

  #calls: string[] = [];

  /** Returns the calls since the last time. */
  take(): string[] {

    const calls = this.#calls;
    this.#calls = [];
    return calls;

  }

  /** Makes a store whose calls are recorded. */
  of<Store extends SessionStore>(name: string, store: Store): Store {

    const recorded = wrapStore(store, inner => Object.fromEntries(METHODS.map(method => [method, (...args: unknown[]) => {
      this.#calls.push(`${name}.${method}`);
      return (inner[method] as (...args: unknown[]) => unknown)(...args);
    }])) as Partial<AtomicSessionStore>);
    return recorded as unknown as Store;

  }

}

/** Two stores in memory, whose calls are recorded. */
export function twoStores(): { from: MemoryStore; to: MemoryStore; calls: Calls } {

  const calls = new Calls();
  return { from: calls.of('from', new MemoryStore()), to: calls.of('to', new MemoryStore()), calls };

}
