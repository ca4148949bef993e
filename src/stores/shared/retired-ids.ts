import { flatCopy } from '../../base/flat-copy.js';
import { type EndReason, RETIRED_FOR, type RetiredSession, type StoredInfo } from '../../base/store.js';

/** What became of a session. */
export interface Fate {
  /** The id to which it moved; undefined if it ended. */
  readonly next?: string | undefined;
  /** The info of the session there. */
  readonly info?: StoredInfo | undefined;
  /** Why it ended. */
  readonly reason?: EndReason | undefined;
}

interface Mark extends Fate {
  readonly until: number;
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

  // Nearly all marks live equally long: the oldest come first.
  readonly #marks = new Map<string, Mark>();
  readonly #now: () => number;

  /** @param now the clock, in seconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param lasts in seconds, at most {@link RETIRED_FOR} */
  add(id: string, { next, info, reason }: Fate, lasts = RETIRED_FOR): void {

    const now = this.#now();
    for (const [old, mark] of this.#marks) {
      if (isRemembered(mark, now)) break;
      this.#marks.delete(old);
    }
    this.#marks.delete(id);
    this.#marks.set(flatCopy(id), { until: now + Math.min(lasts, RETIRED_FOR), next, info, reason });

  }

  delete(id: string): void {

    this.#marks.delete(id);

  }

  get(id: string): RetiredSession | null {

    if (!this.#mark(id)) return null;
    const { at, info } = this.#follow(id);
    // At the end of its moves, a mark says that the session has ended there.
    const ended = this.#mark(at);
    const reason = at === ELSEWHERE ? 'signed-out' : ended?.reason;
    return { status: 'retired', moved: !ended, ...(!ended && info && { info }), ...(reason && { reason }) };

  }

  /** All ids with a mark, whether or not its time is over. */
  ids(): Iterable<string> {

    return this.#marks.keys();

  }

  /** The ids that have moved, the oldest first, each with the id at the end of its moves, and the seconds for which it is remembered. */
  moves(): Array<{ id: string; at: string; remaining: number }> {

    const now = this.#now();
    return [...this.#marks].flatMap(([id, mark]) => {
      const at = this.whereIs(id);
      return at === id || at === ELSEWHERE ? [] : [{ id, at, remaining: mark.until - now }];
    });

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
