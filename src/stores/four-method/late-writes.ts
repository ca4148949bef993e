import type { Awaitable } from '../../base/store.js';

interface Write {
  /** Its session has ended since it began. */
  isUndone: boolean;
}

/**
 * Writes that are under way. A write that is not answered in time no longer holds
 * its session. If the session ends before the write is carried out, the write
 * brings it back.
 */
export class LateWrites {

  readonly #writes = new Map<string, Set<Write>>();

  /**
   * Does a write. If its session has ended by the time of the answer, undoes it.
   *
   * @throws {Error} if it was undone
   */
  async run(id: string, write: () => Awaitable<unknown>, undo: () => Awaitable<unknown>): Promise<void> {

    const own = { isUndone: false };
    const writes = this.#writes.get(id) ?? new Set();
    this.#writes.set(id, writes.add(own));
    try {
      await write();
    } finally {
      // A write that failed may have been carried out. If it can't be undone, the session stays hidden.
      if (own.isUndone) await undo();
      writes.delete(own);
      if (writes.size === 0) this.#writes.delete(id);
    }
    if (own.isUndone) throw new Error('The session ended before the store answered: the change was undone');

  }

  /** Marks writes that are under way: the session of this id is about to end. With false, takes this back: it has not ended. */
  undo(id: string, isUndone = true): void {

    for (const write of this.#writes.get(id) ?? []) write.isUndone = isUndone;

  }

  /** Whether the store may still have a session that has ended, for a moment. */
  areUndone(id: string): boolean {

    return [...this.#writes.get(id) ?? []].some(({ isUndone }) => isUndone);

  }

}
