import type { FoundSession, SessionChange, SessionTexts, StoredInfo } from '../../base/store.js';
import { merge } from '../../values/texts-change.js';

interface Family {
  /** Its current id; null if it has ended. */
  id: string | null;
  texts: SessionTexts;
  info: StoredInfo | undefined;
  /** The number of its changes. */
  changes: number;
}

/** What is under an id: a live session, what a mark says, or nothing. While no time passes, nothing expires. */
export type Found = { readonly texts: SessionTexts; readonly info: StoredInfo | undefined } | 'moved' | 'ended' | 'expired' | null;

/** The contract in the simplest terms: returns what a store must answer while no time passes. */
export class Model {

  // By each id that a session has or had.
  readonly #families = new Map<string, Family>();

  load(id: string): Found {

    const family = this.#families.get(id);
    if (!family) return null;
    if (family.id === null) return 'ended';
    return family.id === id ? { texts: family.texts, info: family.info } : 'moved';

  }

  create(id: string, texts: SessionTexts, info?: StoredInfo): boolean {

    if (this.#families.has(id)) return false;
    this.#families.set(id, { id, texts, info, changes: 0 });
    return true;

  }

  /** @param changes for an update with a version: the number of changes that the session had when it was loaded */
  update(id: string, change: SessionChange, changes?: number): 'updated' | 'gone' | 'conflict' {

    const family = this.#live(id);
    if (!family) return 'gone';
    if (changes !== undefined && changes !== family.changes) return 'conflict';
    family.changes++;
    family.texts = merge(family.texts, change);
    return 'updated';

  }

  touch(id: string): boolean {

    return this.#live(id) !== undefined;

  }

  /** Moves a session; `changes` as in `update`. */
  move(
    id: string, newId: string, change: SessionChange, { info, changes }: { info?: StoredInfo | undefined; changes?: number } = {},
  ): 'moved' | 'gone' | 'conflict' {

    const family = this.#live(id);
    const answer = this.update(id, change, changes);
    if (!family || answer !== 'updated') return answer as 'gone' | 'conflict';
    family.id = newId;
    family.info = info ?? family.info;
    this.#families.set(newId, family);
    return 'moved';

  }

  end(id: string): boolean {

    const family = this.#families.get(id);
    if (!family || family.id === null) return false;
    family.id = null;
    return true;

  }

  #live(id: string): Family | undefined {

    const family = this.#families.get(id);
    return family?.id === id ? family : undefined;

  }

}

/** Returns what a store has found, in the model's terms. */
export function foundIn(found: FoundSession | null): Found {

  if (!found) return null;
  if (found.status === 'live') return { texts: new Map(found.texts), info: found.info && { ...found.info } };
  if (found.status === 'expired') return 'expired';
  return found.moved ? 'moved' : 'ended';

}
