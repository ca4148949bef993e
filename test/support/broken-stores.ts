import { MemoryStore } from '../../src/stores/memory-store.js';
import type {
  AtomicSessionStore, CreateTerms, MoveTerms, SessionChange, SessionTexts, SessionValues, UpdateTerms,
} from '../../src/base/store.js';
import { fromTexts } from '../../src/values/session-values.js';
import { TakeStore } from './take-store.js';

/**
 * Stores that break one sentence of the contract each, to show that tests would
 * notice.
 */

class TimelessStore extends MemoryStore {

  constructor() {
    super({ now: () => 1000 });
    this.close();
  }

  /** Stores a session even if one exists, and removes any mark. */
  protected revive(id: string, values: SessionValues): void {
    void this.set(id, values, 4600);
  }

  /** Removes the mark under an id. */
  protected forget(id: string): void {
    void this.set(id, {}, 0);
    void this.delete(id);
  }

  protected texts(id: string): SessionTexts | null {
    const found = this.load(id);
    return found?.status === 'live' ? found.texts : null;
  }

}

class UpdateRevives extends TimelessStore {

  override update(id: string, change: SessionChange, { lifetime, version }: UpdateTerms) {
    const answer = super.update(id, change, { lifetime, version });
    if (answer !== 'gone') return answer;
    this.revive(id, fromTexts(change.set));
    return 'updated';
  }

}

class UpdateOverwrites extends TimelessStore {

  override update(id: string, change: SessionChange, { lifetime, version }: UpdateTerms) {
    const unset = [...this.texts(id)?.keys() ?? []].filter(key => !change.set.has(key));
    return super.update(id, { set: change.set, unset }, { lifetime, version });
  }

}

class UpdateIgnoresVersion extends TimelessStore {

  override update(id: string, change: SessionChange, { lifetime }: UpdateTerms) {
    return super.update(id, change, { lifetime });
  }

}

class UpdateIsLazy extends TimelessStore {

  override update(id: string) {
    return this.texts(id) ? 'updated' as const : 'gone' as const;
  }

}

class EmptyingDeletesAll extends TimelessStore {

  override update(id: string, change: SessionChange, { lifetime, version }: UpdateTerms) {
    if (change.set.size > 0 || change.unset.length < 3) return super.update(id, change, { lifetime, version });
    return this.end(id) ? 'updated' : 'gone';
  }

}

class MoveIsStale extends TimelessStore {

  readonly #loaded = new Map<string, SessionTexts>();

  override load(id: string) {
    const found = super.load(id);
    if (found?.status === 'live' && !this.#loaded.has(id)) this.#loaded.set(id, found.texts);
    return found;
  }

  override move(id: string, newId: string, change: SessionChange, { lifetime }: MoveTerms) {
    const stale = this.#loaded.get(id);
    if (!stale || !this.texts(id)) return 'gone';
    this.revive(id, fromTexts(stale));
    return super.move(id, newId, change, { lifetime });
  }

}

class MoveCopies extends TimelessStore {

  override move(id: string, newId: string, change: SessionChange, { lifetime }: MoveTerms) {
    const old = this.texts(id);
    const answer = super.move(id, newId, change, { lifetime });
    if (old) this.revive(id, fromTexts(old));
    return answer;
  }

}

class MoveLeavesNoMark extends TimelessStore {

  override move(id: string, newId: string, change: SessionChange, { lifetime }: MoveTerms) {
    const answer = super.move(id, newId, change, { lifetime });
    if (answer === 'moved') this.forget(id);
    return answer;
  }

}

class EndLeavesNoMark extends TimelessStore {

  override end(id: string) {
    const lived = super.end(id);
    if (lived) this.forget(id);
    return lived;
  }

}

class EndDoesNotFollow extends TimelessStore {

  override end(id: string) {
    return this.texts(id) !== null && super.end(id);
  }

}

class EndIsLazy extends TimelessStore {

  override end(id: string) {
    return this.texts(id) !== null;
  }

}

class TouchRevives extends TimelessStore {

  readonly #loaded = new Map<string, SessionTexts>();

  override load(id: string) {
    const found = super.load(id);
    if (found?.status === 'live') this.#loaded.set(id, found.texts);
    return found;
  }

  override touch(id: string, lifetime: number) {
    const known = this.#loaded.get(id);
    if (known && !this.texts(id)) this.revive(id, fromTexts(known));
    return super.touch(id, lifetime);
  }

}

class CreateOverwrites extends TimelessStore {

  override create(id: string, texts: SessionTexts) {
    this.revive(id, fromTexts(texts));
    return true;
  }

}

class CreateIgnoresMarks extends TimelessStore {

  override create(id: string, texts: SessionTexts, { lifetime }: CreateTerms) {
    if (!this.texts(id)) this.forget(id);
    return super.create(id, texts, { lifetime });
  }

}

class TakeLeavesTheSession extends TakeStore {

  override take(id: string, newId: string) {
    const texts = super.take(id, newId);
    if (texts) this.set(id, fromTexts(texts));
    return texts;
  }

}

class TakeLeavesNoMark extends TakeStore {

  override take(id: string, newId: string) {
    const texts = super.take(id, newId);
    if (texts) this.delete(id);
    return texts;
  }

}

class TakeIsStale extends TakeStore {

  #first: SessionTexts | undefined;

  override load(id: string) {
    const found = super.load(id);
    if (found?.status === 'live') this.#first ??= found.texts;
    return found;
  }

  override take(id: string, newId: string) {
    return super.take(id, newId) && (this.#first ?? null);
  }

}

/** The store that breaks each sentence. */
export const BROKEN_STORES: { readonly [sentence: string]: () => AtomicSessionStore } = {
  'update brings a session back': () => new UpdateRevives(),
  'update overwrites the whole record': () => new UpdateOverwrites(),
  'update ignores the version': () => new UpdateIgnoresVersion(),
  'update changes nothing': () => new UpdateIsLazy(),
  'update that removes what it knows removes all': () => new EmptyingDeletesAll(),
  'move takes what was loaded': () => new MoveIsStale(),
  'move leaves the old session': () => new MoveCopies(),
  'move leaves no mark': () => new MoveLeavesNoMark(),
  'end leaves no mark': () => new EndLeavesNoMark(),
  'end does not follow a move': () => new EndDoesNotFollow(),
  'end leaves the session': () => new EndIsLazy(),
  'touch brings a session back': () => new TouchRevives(),
  'create overwrites a session': () => new CreateOverwrites(),
  'create overwrites a mark': () => new CreateIgnoresMarks(),
  'take leaves the session': () => new TakeLeavesTheSession(),
  'take leaves no mark': () => new TakeLeavesNoMark(),
  'take returns what was loaded': () => new TakeIsStale(),
};
