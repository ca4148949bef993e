import type { Awaitable } from '../../base/store.js';

interface Write {
  /** Its session has ended since it began. */
  isUndone: boolean;
}

/**
 * Writes that are under way. One that is not answered in time does not hold its
 * session any longer: if that has ended in the meantime, the write brings it back
 * when it is carried out.
 */
export class LateWrites {

  readonly #writes = new Map<string, Set<Write>>();

  /**
   * Does a write.
   *
   * @param undo what is done once it has been answered, if its session has ended since it began
   * @throws {Error} then
   */
  async run(id: string, write: () => Awaitable<unknown>, undo: () => Awaitable<unknown>): Promise<void> {

    const own = { isUndone: false };
    const writes = this.#writes.get(id) ?? new Set();
    this.#writes.set(id, writes.add(own));
    try {
      await write();
    } finally {
      // One that has failed may have been carried out, too. Where it can't be undone, it stays unseen.
      if (own.isUndone) await undo();
      writes.delete(own);
      if (writes.size === 0) this.#writes.delete(id);
    }
    if (own.isUndone) throw new Error('The session ended before the store answered: the change was undone');

  }

  /** The session of this id is about to end: what is under way must not bring it back. Or with false, it has not ended. */
  undo(id: string, isUndone = true): void {

    for (const write of this.#writes.get(id) ?? []) write.isUndone = isUndone;

  }

  /** Whether a session that has ended may be in the store for a moment. */
  areUndone(id: string): boolean {

    return [...this.#writes.get(id) ?? []].some(({ isUndone }) => isUndone);

  }

}
