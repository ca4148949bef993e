import { setTimeout } from 'node:timers/promises';
import type { RecordPage, SessionRecord } from '@curveball/session';
import { CommandError } from '../exit-codes.js';
import { inParallel } from '../in-parallel.js';
import { type Outcome, type Route, transfer } from './transfer.js';

/** The key of a record that is no session. It is a part of what stores keep, and stays the same. */
export const OTHER_RECORD = '@curveball/session record';

/** The most records of a page. */
const PAGE = 500;

/** The most handles that are remembered, of sessions whose place in the other store was occupied. */
const MOST_OCCUPIED = 100_000;

/** At this many sessions that are used in the old store, the copy stops: fewer may be a coincidence. */
const MOST_USED = 3;

/** Seconds by which the clocks of a store and of this process may tell another age. */
const INEXACT = 2;

/** Milliseconds after which a record is read again: the mark of an end keeps it out of the new store for only a little longer. */
const FRESH = 20_000;

/** Milliseconds for which a place may be occupied: marks of ends and places of takeovers are gone by then. */
const PATIENCE = 70_000;
const PAUSE = 1000;

/** How a copy is made. */
export interface CopyOptions extends Route {
  /** How many records are on their way at a time. */
  readonly parallel: number;
  /** Whether it goes on although someone uses sessions in `from`. */
  readonly force: boolean;
  /** Called for each record that was looked at for the first time. */
  onDone(): void;
}

/** What became of the records of a copy. */
export interface Tally {
  /** Those that this run has brought to the other store. */
  copied: number;
  /** Those that were in the other store already. */
  before: number;
  /** Those that ended during the copy. */
  ended: number;
  /** Those that lack a change. */
  changed: number;
  /** Messages, locks and sign-ins that are under way, which stay where they are. */
  others: number;
  /** Sealed sessions whose move was cut off. */
  cut: number;
  /** Damaged records. */
  unreadable: number;
}

/** Copies all sessions from one store to another. */
export class Copier {

  readonly tally: Tally = { copied: 0, before: 0, ended: 0, changed: 0, others: 0, cut: 0, unreadable: 0 };

  readonly #options: CopyOptions;
  readonly #began = performance.now();
  #used = 0;
  #isFirstPass = true;
  #occupied = new Set<string>();
  #signal: AbortSignal | undefined;

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  /**
   * @param signal no more sessions are copied once it is aborted. Those on their way are finished
   * @throws {CommandError} if an application uses sessions in `from` that does not know of the move
   * @throws the reason of the signal
   */
  async run(signal?: AbortSignal): Promise<void> {

    this.#signal = signal;
    let since = performance.now();
    for (let before = Infinity; ; before = this.#occupied.size) {
      await this.#pass();
      this.#isFirstPass = false;
      if (this.#occupied.size > 0) await this.#finishOthers();
      const { size } = this.#occupied;
      if (size === 0) return;
      if (size < before) since = performance.now();
      if (performance.now() - since > PATIENCE) throw new CommandError(`The places of ${size} sessions in the new store are occupied: run the same command again`);
      await setTimeout(PAUSE, undefined, { signal });
    }

  }

  /** Goes through all records once. The next page is read while this one is on its way. */
  async #pass(): Promise<void> {

    const { from, parallel } = this.#options;
    this.#occupied = new Set();
    const read = async (after: string | undefined) => ({ ...await from.recordPage?.({ after, limit: PAGE }) as RecordPage, readAt: performance.now() });
    const { tally } = this;
    tally.others = tally.cut = tally.unreadable = 0;
    for (let page = await read(undefined); ;) {
      const next = page.next === null ? null : read(page.next);
      // It may fail while this page is on its way.
      next?.catch(() => {});
      tally.unreadable += page.unreadable.length;
      const { readAt } = page;
      await inParallel(page.records, parallel, record => this.#one(record, readAt));
      if (next === null || this.#occupied.size >= MOST_OCCUPIED) return;
      page = await next;
    }

  }

  async #one(record: SessionRecord, readAt: number): Promise<void> {

    const { keeps, onDone } = this.#options;
    this.#signal?.throwIfAborted();
    if (record.texts.has(OTHER_RECORD) && !keeps) {
      this.tally.others++;
      return;
    }
    const outcome = performance.now() - readAt > FRESH ? 'occupied' : await transfer(this.#options, record, readAt);
    if (this.#isFirstPass) onDone();
    if (outcome !== 'occupied') {
      this.tally[outcome]++;
      this.#notice(record, outcome, readAt);
    } else if (keeps) this.tally.before++;
    else this.#occupied.add(record.handle);

  }

  /** Notices that an application uses sessions in `from`: it does not know that they move. */
  #notice({ idle }: SessionRecord, outcome: Outcome, readAt: number): void {

    const isUsed = idle !== null && idle + INEXACT < (readAt - this.#began) / 1000;
    if (!isUsed && outcome !== 'changed') return;
    this.#used++;
    if (this.#used < MOST_USED || this.#options.force) return;
    throw new CommandError('An application uses sessions in the old store, and does not move them: it knows only the old store, and may sign visitors out, '
      + 'or its migrating() is still in the phase "prepare". Stop it, or deploy migrating({ from, to }) without a phase, and run the same command again');

  }

  /**
   * Deals with sessions whose place in `to` was occupied. What is a session there has
   * been put there by a copy that was killed, or by an application, and is removed here.
   */
  async #finishOthers(): Promise<void> {

    const { from, to } = this.#options;
    const handles = [...this.#occupied];
    for (let start = 0; start < handles.length; start += PAGE) {
      const asked = handles.slice(start, start + PAGE);
      const states = await from.statesOf?.(asked) ?? [];
      // An application has taken it over.
      for (const [index, handle] of asked.entries()) {
        if (states[index]?.status !== 'live' && this.#occupied.delete(handle)) this.tally.before++;
      }
    }
    for (let after: string | undefined; this.#occupied.size > 0;) {
      const page = await to.sessionPage?.({ after, limit: PAGE });
      for (const { handle } of page?.sessions ?? []) {
        if (!this.#occupied.delete(handle)) continue;
        this.#signal?.throwIfAborted();
        await from.takeRecord?.(handle);
        this.tally.before++;
      }
      if (!page || page.next === null) return;
      after = page.next;
    }

  }

}
