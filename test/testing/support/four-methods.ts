import { randomBytes } from 'node:crypto';
import type { SessionStore, SessionValues } from '../../../src/index.js';

/** The four methods and nothing else, over a map. */
export class FourMethods implements SessionStore {

  protected readonly rows = new Map<string, { text: string; expire: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async get(id: string): Promise<SessionValues | null> {

    const row = this.rows.get(id);
    return row && row.expire > this.#now() ? JSON.parse(row.text) : null;

  }

  async set(id: string, values: SessionValues, expire: number): Promise<void> {
    this.rows.set(id, { text: JSON.stringify(values), expire });
  }

  async delete(id: string): Promise<void> {
    this.rows.delete(id);
  }

  async newSessionId(): Promise<string> {
    return randomBytes(16).toString('hex');
  }

}
