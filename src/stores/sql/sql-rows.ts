import { type Countdown, countdown } from '../../base/countdown.js';
import type { MoveTerms, SessionChange } from '../../base/store.js';
import type { StoredId } from '../../id/stored-id.js';
import { isTooLarge } from '../../values/session-size.js';
import { merge } from '../../values/texts-change.js';
import type { ServerClock } from '../shared/server-clock.js';
import { toJson } from './json-texts.js';
import { hasPassed, isLive, knownVersion, readRow, type SqlRow, textsOf, tooLong } from './sql-row.js';
import type { Executed, RowTerms, SqlTable } from './sql-table.js';

/** The longest life that a session can be given, in milliseconds: 3,000 years. */
const LONGEST = 1e14;

/** The most tries of a change that conflicts with others. */
const MOST_TRIES = 100;

/** The most tries of a statement that only a clock can refuse: after each try, the server's time is known. */
export const MOST_SETTINGS = 3;

/** A change of a row. */
interface RowChange {
  /** Executes the statement. */
  attempt(terms: RowTerms): PromiseLike<Executed>;
  /** Throws if the row can't be changed in this way. */
  check?(row: SqlRow): void;
}

/** Reads and changes rows, and learns the server's time from its answers. */
export class SqlRows {

  readonly #table: SqlTable;
  readonly #clock: ServerClock;

  constructor(table: SqlTable, clock: ServerClock) {
    this.#table = table;
    this.#clock = clock;
  }

  /**
   * Changes the row of a live session.
   *
   * A statement merges the change into the row. It refuses a change if, by the
   * length of the row, the result could be too large, or would take the server too
   * long. The texts are then merged and their bytes counted here. If they are not
   * too many, the row is overwritten, provided that it still has the same version.
   */
  change(
    { handle, hash }: StoredId, change: SessionChange, { lifetime, maxBytes = Infinity, version, patience, patienceLeft }: MoveTerms,
    rowChange: RowChange,
  ): Promise<'done' | 'gone' | 'conflict' | 'too-large'> {

    const left = countdown({ patience, patienceLeft });
    const expected = knownVersion(version);
    let whole: { readonly data: string; readonly version: number } | null = null;
    return this.tries(
      left,
      deadline => {
        const terms = { lifetime: milliseconds(lifetime), deadline };
        if (whole) return rowChange.attempt({ ...terms, ...whole, most: Number.MAX_SAFE_INTEGER });
        // Half, since the first merge of a row adds spaces to it.
        const most = Math.floor(Math.min(maxBytes, this.#table.most / 2, this.#table.mostMerged(change)));
        return rowChange.attempt({ ...terms, version: expected, most, data: null });
      },
      async () => {
        const row = await this.read(handle);
        if (!row || !isLive(row, hash)) return 'gone';
        if (hasPassed(expected, row)) return 'conflict';
        rowChange.check?.(row);
        const before = textsOf(row);
        const merged = merge(before, change);
        if (isTooLarge(before, merged, maxBytes)) return 'too-large';
        whole = { data: await this.checked(toJson(merged)), version: row.version };
        return null;
      },
    );

  }

  /**
   * Tries a statement until its caller gives up. A statement that came too late
   * changed nothing. If the caller still waits, the server's clock was set, or this
   * process stood still.
   *
   * @param otherwise learns the server's time, and says why nothing was changed; null if the statement was too late
   */
  async tries<Reason>(
    left: Countdown, attempt: (deadline: number) => PromiseLike<Executed>, otherwise: () => Promise<Reason | null>,
    mostTries = MOST_TRIES,
  ): Promise<'done' | Reason> {

    const trial = this.#table.trial();
    if (trial) await trial;
    for (let tries = 0; tries < mostTries; tries++) {
      const deadline = this.#clock.deadline(left);
      const askedAt = performance.now();
      if (this.#isDone(await attempt(deadline), askedAt)) return 'done';
      const reason = await otherwise();
      if (reason !== null) return reason;
      if (left() <= 0) break;
    }
    throw late();

  }

  /** Asks for the server's time: an answer that finds and changes nothing does not have it. */
  async learnTime(): Promise<void> {

    const askedAt = performance.now();
    this.#clock.observe(await this.#table.now(), askedAt);

  }

  /** @throws {Error} if a row would be so long that it could not be read again */
  async checked(data: string): Promise<string> {

    const trial = this.#table.trial();
    if (trial) await trial;
    if (data.length > this.#table.most) throw tooLong(this.#table.limit);
    return data;

  }

  async read(handle: string): Promise<SqlRow | null> {

    const askedAt = performance.now();
    const text = await this.#table.read(handle);
    if (text === undefined) return null;
    const row = text === null ? await this.#readWithoutData(handle) : readRow(text);
    if (row === null) return null;
    this.#clock.observe(row.now, askedAt);
    return row;

  }

  async #readWithoutData(handle: string): Promise<SqlRow | null> {

    const text = await this.#table.readWithoutData(handle);
    return text === undefined ? null : { ...readRow(text), data: '' };

  }

  /** Executes a statement. @returns whether it changed something */
  async isDone(statement: () => PromiseLike<Executed>): Promise<boolean> {

    const askedAt = performance.now();
    return this.#isDone(await statement(), askedAt);

  }

  #isDone(executed: Executed, askedAt: number): boolean {

    if (executed !== 0) this.#clock.observe(executed, askedAt);
    return executed !== 0;

  }

}

function late(): Error {

  return new Error('The change was not made: it came to the server after its caller had given up, or other requests kept changing the session');

}

/** A lifetime in seconds, as a table takes it. */
export function milliseconds(seconds: number): number {

  return Math.ceil(Math.max(-LONGEST, Math.min(seconds * 1000, LONGEST)));

}
