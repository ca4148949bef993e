import { randomUUID } from 'node:crypto';
import {
  type AtomicSessionStore, type CreateTerms, type EndTerms, type LiveSession, RETIRED_FOR, type RetiredSession, type SessionChange,
  type SessionTexts, type SessionValues, type UpdateTerms,
} from '../../../src/index.js';
import { ELSEWHERE } from '../../../src/stores/shared/retired-ids.js';
import { isTooLarge } from '../../../src/values/session-size.js';
import { fromTexts, toTexts } from '../../../src/values/session-values.js';
import { merge } from '../../../src/values/texts-change.js';

interface Row { readonly end: number; readonly texts: SessionTexts; readonly version: number }
interface Mark { readonly end: number; readonly next: string | null }

/** A store that changes one record at a time: it has `take` instead of `move`. It answers after a moment. */
export class OneRecordStore implements AtomicSessionStore {

  readonly atomic: boolean = true;

  readonly #records = new Map<string, Row | Mark>();
  readonly #now: () => number;
  #versions = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  newSessionId(): string {
    return randomUUID() + randomUUID();
  }

  async get(id: string): Promise<SessionValues | null> {

    await aMoment();
    const row = this.#row(id);
    return row && fromTexts(row.texts);

  }

  async set(id: string, values: SessionValues, expire: number): Promise<void> {

    await aMoment();
    this.#put(id, toTexts(values), expire);

  }

  async delete(id: string): Promise<void> {

    await aMoment();
    this.#records.delete(id);

  }

  async load(id: string): Promise<LiveSession | RetiredSession | null> {

    await aMoment();
    const record = this.#record(id);
    if (!record) return null;
    if ('next' in record) return { status: 'retired', moved: this.#whereIs(id) === ELSEWHERE || this.#row(this.#whereIs(id)) !== null };
    const { texts, version, end } = record;
    return { status: 'live', texts: new Map(texts), version, remaining: end - this.#now() };

  }

  async create(id: string, texts: SessionTexts, { lifetime }: CreateTerms): Promise<boolean> {

    await aMoment();
    if (this.#record(id)) return false;
    this.#put(id, texts, this.#now() + lifetime);
    return true;

  }

  async update(
    id: string, change: SessionChange, { lifetime, version, maxBytes = Infinity }: UpdateTerms,
  ): Promise<'updated' | 'gone' | 'conflict' | 'too-large'> {

    await aMoment();
    const row = this.#row(id);
    if (!row) return 'gone';
    if (version !== undefined && version !== row.version) return 'conflict';
    const texts = merge(row.texts, change);
    if (isTooLarge(row.texts, texts, maxBytes)) return 'too-large';
    this.#put(id, texts, Math.max(row.end, this.#now() + lifetime));
    return 'updated';

  }

  async touch(id: string, lifetime: number): Promise<boolean> {

    await aMoment();
    const row = this.#row(id);
    if (row) this.#records.set(id, { ...row, end: Math.max(row.end, this.#now() + lifetime) });
    return row !== null;

  }

  async take(id: string, newId: string): Promise<SessionTexts | null> {

    await aMoment();
    const row = this.#row(id);
    if (row) this.#retire(id, newId);
    return row ? row.texts : null;

  }

  async end(id: string, { moved }: EndTerms = {}): Promise<boolean> {

    await aMoment();
    const last = this.#whereIs(id);
    if (!this.#row(last)) return false;
    this.#retire(last, moved ? ELSEWHERE : null);
    return true;

  }

  #record(id: string): Row | Mark | null {

    const record = this.#records.get(id);
    return record && record.end > this.#now() ? record : null;

  }

  #row(id: string): Row | null {

    const record = this.#record(id);
    return record && 'texts' in record ? record : null;

  }

  #whereIs(id: string): string {

    const record = this.#record(id);
    return record && 'next' in record && record.next !== null ? this.#whereIs(record.next) : id;

  }

  #put(id: string, texts: SessionTexts, end: number): void {
    this.#records.set(id, { end, texts: new Map(texts), version: ++this.#versions });
  }

  #retire(id: string, next: string | null): void {
    this.#records.set(id, { end: this.#now() + RETIRED_FOR, next });
  }

}

function aMoment(): Promise<void> {

  return new Promise(resolve => {
    setImmediate(resolve);
  });

}
