import { RETIRED_FOR } from '../../store.js';

interface Mark {
  readonly until: number;
  /** Where the session went; without it, it ended. */
  readonly next: string | undefined;
}

/** Far more hops than {@link RETIRED_FOR} seconds of regenerations leave; ends a loop. */
const MOST_HOPS = 100;

/**
 * The ids that were ended or moved in the last {@link RETIRED_FOR} seconds,
 * remembered in this process.
 */
export class RetiredIds {

  // All marks live equally long, so the oldest stand first.
  readonly #marks = new Map<string, Mark>();
  readonly #now: () => number;

  /** @param now the clock, in seconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param next the id that the session has now; nothing if it ended */
  add(id: string, next?: string): void {

    const now = this.#now();
    for (const [old, { until }] of this.#marks) {
      if (until > now) break;
      this.#marks.delete(old);
    }
    this.#marks.delete(id);
    this.#marks.set(id, { until: now + RETIRED_FOR, next });

  }

  delete(id: string): void {

    this.#marks.delete(id);

  }

  get(id: string): { status: 'retired'; moved: boolean } | null {

    if (!this.#mark(id)) return null;
    // At the end of its moves, a mark says that the session has ended there.
    return { status: 'retired', moved: !this.#mark(this.whereIs(id)) };

  }

  /** Where a session is now: its own id, or the id at the end of its moves. */
  whereIs(id: string): string {

    let at = id;
    for (let hops = 0; hops < MOST_HOPS; hops++) {
      const next = this.#mark(at)?.next;
      if (next === undefined) break;
      at = next;
    }
    return at;

  }

  #mark(id: string): Mark | undefined {

    if (this.#marks.size === 0) return undefined;
    const mark = this.#marks.get(id);
    return mark && mark.until > this.#now() ? mark : undefined;

  }

}
