import { randomUUID } from 'node:crypto';
import {
  type AtomicSessionStore, type CreateTerms, type EndTerms, type LiveSession, type MoveTerms, RETIRED_FOR, type RetiredSession,
  type SessionChange, type SessionTexts, type SessionValues, type UpdateTerms,
} from '../../../src/index.js';
import { ELSEWHERE } from '../../../src/stores/shared/retired-ids.js';
import { isTooLarge } from '../../../src/values/session-size.js';
import { fromTexts, toTexts } from '../../../src/values/session-values.js';
import { merge } from '../../../src/values/texts-change.js';

/** The methods of a client of `redis` that the store needs. */
export interface Client {
  get(key: string): Promise<string | null>;
  set(key: string, text: string, options: { PX: number }): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

interface Row { ends: number; version?: string; texts?: Array<[string, string]>; next?: string }

/**
 * A store on Redis that was written in a hurry: each method reads, decides and
 * writes. Without parallel calls it keeps every sentence of the contract.
 */
export class HastyRedisStore implements AtomicSessionStore {

  readonly atomic = true;

  readonly #client: Client;
  readonly #prefix: string;

  constructor(client: Client, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  newSessionId(): string {
    return randomUUID() + randomUUID();
  }

  async load(id: string): Promise<LiveSession | RetiredSession | null> {

    const row = await this.#read(id);
    if (!row) return null;
    if (row.next !== undefined) {
      const last = await this.#last(id);
      return { status: 'retired', moved: last.id === ELSEWHERE || Boolean(last.row?.texts) };
    }
    if (!row.texts) return { status: 'retired', moved: false };
    return { status: 'live', texts: new Map(row.texts), version: row.version as string, remaining: (row.ends - Date.now()) / 1000 };

  }

  async create(id: string, texts: SessionTexts, { lifetime }: CreateTerms): Promise<boolean> {

    if (await this.#read(id)) return false;
    await this.#write(id, { texts: [...texts], ends: Date.now() + lifetime * 1000 });
    return true;

  }

  async update(
    id: string, change: SessionChange, { lifetime, version, maxBytes = Infinity }: UpdateTerms,
  ): Promise<'updated' | 'gone' | 'conflict' | 'too-large'> {

    const row = await this.#read(id);
    if (!row?.texts) return 'gone';
    if (version !== undefined && version !== row.version) return 'conflict';
    const before = new Map(row.texts);
    const texts = merge(before, change);
    if (isTooLarge(before, texts, maxBytes)) return 'too-large';
    await this.#write(id, { texts: [...texts], ends: Math.max(row.ends, Date.now() + lifetime * 1000) });
    return 'updated';

  }

  async touch(id: string, lifetime: number): Promise<boolean> {

    const row = await this.#read(id);
    if (!row?.texts) return false;
    await this.#write(id, { ...row, ends: Math.max(row.ends, Date.now() + lifetime * 1000) }, row.version);
    return true;

  }

  async move(
    id: string, newId: string, change: SessionChange, { lifetime, version, maxBytes = Infinity }: MoveTerms,
  ): Promise<'moved' | 'gone' | 'conflict' | 'too-large'> {

    const row = await this.#read(id);
    if (!row?.texts) return 'gone';
    if (version !== undefined && version !== row.version) return 'conflict';
    const before = new Map(row.texts);
    const texts = merge(before, change);
    if (isTooLarge(before, texts, maxBytes)) return 'too-large';
    if (!await this.create(newId, texts, { lifetime })) throw new Error('The new id is in use');
    await this.#retire(id, newId);
    return 'moved';

  }

  async end(id: string, { moved }: EndTerms = {}): Promise<boolean> {

    const last = await this.#last(id);
    if (!last.row?.texts) return false;
    await this.#retire(last.id, moved ? ELSEWHERE : undefined);
    return true;

  }

  async get(id: string): Promise<SessionValues | null> {

    const row = await this.#read(id);
    return row?.texts ? fromTexts(new Map(row.texts)) : null;

  }

  async set(id: string, values: SessionValues, expire: number): Promise<void> {
    await this.#write(id, { texts: [...toTexts(values)], ends: expire * 1000 });
  }

  async delete(id: string): Promise<void> {
    await this.#client.del(this.#prefix + id);
  }

  async #read(id: string): Promise<Row | null> {

    const text = await this.#client.get(this.#prefix + id);
    const row: Row | null = text === null ? null : JSON.parse(text);
    return row && row.ends > Date.now() ? row : null;

  }

  async #last(id: string): Promise<{ id: string; row: Row | null }> {

    const row = id === ELSEWHERE ? null : await this.#read(id);
    return row?.next === undefined ? { id, row } : this.#last(row.next);

  }

  async #write(id: string, row: Row, version: string = randomUUID()): Promise<void> {
    await this.#client.set(this.#prefix + id, JSON.stringify({ ...row, version }), { PX: Math.max(1, Math.ceil(row.ends - Date.now())) });
  }

  async #retire(id: string, next?: string): Promise<void> {
    await this.#write(id, { ...next !== undefined && { next }, ends: Date.now() + RETIRED_FOR * 1000 });
  }

}
