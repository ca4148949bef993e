import type { SessionStore, SessionValues } from '../../src/index.js';

/** The four methods and nothing else, as an application of 1.x may have written them. */
export class MapStore implements SessionStore {

  readonly records = new Map<string, SessionValues>();
  readonly expires = new Map<string, number>();
  calls: string[] = [];
  #ids = 0;

  async get(id: string): Promise<SessionValues | null> {
    this.calls.push('get');
    return this.records.get(id) ?? null;
  }

  async set(id: string, values: SessionValues, expire: number): Promise<void> {
    this.calls.push('set');
    this.records.set(id, values);
    this.expires.set(id, expire);
  }

  async delete(id: string): Promise<void> {
    this.calls.push('delete');
    this.records.delete(id);
  }

  async newSessionId(): Promise<string> {
    return `id-${++this.#ids}`;
  }

}
