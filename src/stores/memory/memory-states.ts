import { andThen } from '../../base/awaitable.js';
import type { Awaitable, SessionState } from '../../base/store.js';
import type { RetiredIds } from '../shared/retired-ids.js';
import type { MemoryEntries } from './memory-entries.js';
import { isOver } from './memory-entry.js';
import { handleIn } from './memory-keys.js';

/** Says what has become of sessions, by their handles. */
export class MemoryStates {

  readonly #entries: MemoryEntries;
  readonly #retired: RetiredIds;
  readonly #now: () => number;

  /** @param now the clock, in whole seconds */
  constructor(entries: MemoryEntries, retired: RetiredIds, now: () => number) {
    this.#entries = entries;
    this.#retired = retired;
    this.#now = now;
  }

  statesOf(handles: readonly string[]): Awaitable<Array<SessionState | null>> {

    return andThen(this.#entries.indexHandles(), () => {
      const found = new Map(handles.map(handle => [handle, this.#known(handle)]));
      const missing = new Set(handles.filter(handle => found.get(handle) === null));
      if (missing.size > 0) {
        // A mark is found by its id. There are few: those of the last half minute.
        for (const id of this.#retired.ids()) {
          const handle = handleIn(id);
          if (missing.has(handle)) found.set(handle, this.#marked(id));
        }
      }
      return handles.map(handle => found.get(handle) ?? null);
    });

  }

  #known(handle: string): SessionState | null {

    const entry = this.#entries.get(this.#entries.handles.get(handle) ?? '');
    const now = this.#now();
    // It lives until its last second is over.
    if (entry && !isOver(entry, now)) return { status: 'live', remaining: entry.expire + 1 - now };
    return entry && entry.expire < now ? { status: 'expired' } : null;

  }

  #marked(id: string): SessionState | null {

    const mark = this.#retired.get(id);
    if (!mark) return null;
    return mark.reason ? { status: 'retired', reason: mark.reason } : { status: 'retired' };

  }

}
