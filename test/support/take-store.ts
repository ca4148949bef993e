import { merge } from '../../src/values/texts-change.js';
import { fromTexts, toTexts } from '../../src/values/session-values.js';
import type {
  AtomicSessionStore, EndTerms, LiveSession, RetiredSession, SessionChange, SessionTexts, SessionValues, UpdateTerms,
} from '../../src/base/store.js';
import { ELSEWHERE } from '../../src/stores/shared/retired-ids.js';
import { isTooLarge } from '../../src/values/session-size.js';

/** The record under one key: a session, or the mark of one that ended or moved. */
type Row =
  | { readonly texts: SessionTexts; readonly version: number }
  | { readonly next: string | null };

/**
 * A store that can change only one record at a time: it has `take` instead of
 * `move`. Nothing expires in it, and every session is due for a refresh.
 */
export class TakeStore implements AtomicSessionStore {

  readonly atomic: boolean = true;

  readonly #rows = new Map<string, Row>();
  #versions = 0;
  #ids = 0;

  newSessionId(): string {
    return `taken-${++this.#ids}`;
  }

  get(id: string): SessionValues | null {

    const texts = this.#texts(id);
    return texts && fromTexts(texts);

  }

  set(id: string, values: SessionValues): void {
    this.#put(id, toTexts(values));
  }

  delete(id: string): void {
    this.#rows.delete(id);
  }

  load(id: string): LiveSession | RetiredSession | null {

    const row = this.#rows.get(id);
    if (!row) return null;
    if ('next' in row) return { status: 'retired', moved: row.next !== null };
    return { status: 'live', texts: row.texts, version: row.version, remaining: 1000 };

  }

  create(id: string, texts: SessionTexts): boolean {

    if (this.#rows.has(id)) return false;
    this.#put(id, texts);
    return true;

  }

  update(
    id: string, change: SessionChange, { version, maxBytes = Infinity }: UpdateTerms,
  ): 'updated' | 'gone' | 'conflict' | 'too-large' {

    const row = this.#rows.get(id);
    if (!row || 'next' in row) return 'gone';
    if (version !== undefined && version !== row.version) return 'conflict';
    const texts = merge(row.texts, change);
    if (isTooLarge(row.texts, texts, maxBytes)) return 'too-large';
    this.#put(id, texts);
    return 'updated';

  }

  touch(id: string): boolean {
    return this.#texts(id) !== null;
  }

  take(id: string, newId: string): SessionTexts | null {

    const texts = this.#texts(id);
    if (texts) this.#rows.set(id, { next: newId });
    return texts;

  }

  end(id: string, terms: EndTerms = {}): boolean {

    const row = this.#rows.get(id);
    if (!row) return false;
    if ('next' in row) return row.next !== null && this.end(row.next, terms);
    this.#rows.set(id, { next: terms.moved ? ELSEWHERE : null });
    return true;

  }

  #texts(id: string): SessionTexts | null {

    const row = this.#rows.get(id);
    return row && 'texts' in row ? row.texts : null;

  }

  #put(id: string, texts: SessionTexts): void {
    this.#rows.set(id, { texts: new Map(texts), version: ++this.#versions });
  }

}
