import { flatCopy } from '../../base/flat-copy.js';
import { RETIRED_FOR, type RetiredSession, type StoredInfo } from '../../base/store.js';

interface Mark {
  readonly until: number;
  /** The id to which the session moved; undefined if it ended. */
  readonly next: string | undefined;
  /** The info of the session there. */
  readonly info: StoredInfo | undefined;
}

/** The next id of a session whose visitor now has another session: no session ever has this id. */
export const ELSEWHERE = '';

/** Ends a loop: regenerations within {@link RETIRED_FOR} seconds leave far fewer hops. */
const MOST_HOPS = 100;

/**
 * The ids that were ended or moved in the last {@link RETIRED_FOR} seconds,
 * remembered in this process.
 */
export class RetiredIds {

  // All marks live equally long: the oldest come first.
  readonly #marks = new Map<string, Mark>();
  readonly #now: () => number;

  /** @param now the clock, in seconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param next the current id of the session; undefined if it ended
   * @param info its current info, if it has any
   */
  add(id: string, next?: string, info?: StoredInfo): void {

    const now = this.#now();
    for (const [old, mark] of this.#marks) {
      if (isRemembered(mark, now)) break;
      this.#marks.delete(old);
    }
    this.#marks.delete(id);
    this.#marks.set(flatCopy(id), { until: now + RETIRED_FOR, next, info });

  }

  delete(id: string): void {

    this.#marks.delete(id);

  }

  get(id: string): RetiredSession | null {

    if (!this.#mark(id)) return null;
    const { at, info } = this.#follow(id);
    // At the end of its moves, a mark says that the session has ended there.
    const moved = !this.#mark(at);
    return moved && info ? { status: 'retired', moved, info } : { status: 'retired', moved };

  }

  /** The current id of a session: its own, or the one at the end of its moves. */
  whereIs(id: string): string {

    return this.#follow(id).at;

  }

  #follow(id: string): { at: string; info: StoredInfo | undefined } {

    let at = id;
    let info: StoredInfo | undefined;
    for (let hops = 0; hops < MOST_HOPS; hops++) {
      const mark = this.#mark(at);
      if (mark?.next === undefined) break;
      at = mark.next;
      info = mark.info;
    }
    return { at, info };

  }

  #mark(id: string): Mark | undefined {

    if (this.#marks.size === 0) return undefined;
    const mark = this.#marks.get(id);
    return mark && isRemembered(mark, this.#now()) ? mark : undefined;

  }

}

/** A mark that would be remembered for far too long is from before the clock was set back. */
function isRemembered({ until }: Mark, now: number): boolean {

  return until > now && until <= now + 2 * RETIRED_FOR;

}
