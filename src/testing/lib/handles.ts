import type { EndReason, RetiredSession, SessionStore, SessionTexts, SessionValues, StoredInfo } from '../../base/store.js';
import { toTexts } from '../../values/session-values.js';
import { CheckedStore } from './checked-store.js';
import { expect, expectSame, expectSameKeys, show } from './failure.js';
import { Journal } from './journal.js';
import { recorded } from './recorded-store.js';
import { asStored } from './stored-values.js';

/** Seconds by which `remaining` may be too long: a store may count in whole seconds, and round up. */
const ROUNDED_UP = 1.1;

/** Seconds that a few calls may take on a busy machine. */
const SLOWEST = 30;

/** Two handles on one store, and what both must show. */
export class Handles {

  readonly journal = new Journal();
  readonly a: CheckedStore;
  readonly b: CheckedStore;

  constructor([a, b]: readonly [SessionStore, SessionStore]) {
    this.a = new CheckedStore(recorded(a, 'a', this.journal), 'a', this.journal);
    this.b = new CheckedStore(recorded(b, 'b', this.journal), 'b', this.journal);
  }

  get both(): readonly [CheckedStore, CheckedStore] {

    return [this.a, this.b];

  }

  /** Returns the first handle for even numbers, the second for odd ones. */
  at(index: number): CheckedStore {

    return index % 2 === 0 ? this.a : this.b;

  }

  /** The stores of applications that may run in parallel: four methods promise nothing between processes. */
  get processes(): readonly SessionStore[] {

    return this.a.isAtomic ? [this.a.store, this.b.store] : [this.a.store];

  }

  /** Expects `get` to find exactly these values, or nothing. */
  async expectValues(id: string, values: SessionValues | null): Promise<void> {

    for (const store of this.both) {
      expectSameKeys('What get() returned', asStored(await store.get(id)), asStored(values));
    }

  }

  /** Expects `load` to find nothing at all. */
  async expectUnknown(id: string): Promise<void> {

    for (const store of this.both) expectSame('What load() returned', await store.load(id), null);

  }

  /**
   * Expects `load` to find no session any more, since its time is over.
   *
   * @param info the info that it had, if the store returns any
   */
  async expectOver(id: string, info?: StoredInfo): Promise<void> {

    for (const store of this.both) {
      const found = await store.load(id);
      if (found === null) continue;
      const { info: told, ...rest } = { info: undefined, ...found };
      expectSame('What load() returned', rest, { status: 'expired' });
      if (told !== undefined) expectSame('`info` of the session that has expired', { ...told }, info);
    }

  }

  /** Expects `load` to find a session with exactly these values. */
  async expectLive(id: string, values: SessionValues | SessionTexts): Promise<void> {

    const texts = values instanceof Map ? values as SessionTexts : toTexts(values);
    for (const store of this.both) {
      const found = await store.load(id);
      expectSame('The status of the session', found?.status, 'live');
      if (found?.status === 'live') expectSameKeys('What load() returned', new Map(found.texts), texts);
    }

  }

  /**
   * Expects `load` to find the mark of a session that was ended or moved.
   *
   * @param info the current info of the session, if the mark has any
   */
  async expectMark(id: string, moved: boolean, info?: StoredInfo): Promise<void> {

    for (const store of this.both) {
      const found = await store.load(id);
      const { info: told, reason: _, ...mark } = { info: undefined, reason: undefined, ...found };
      expectSame('What load() returned', mark, { status: 'retired', moved });
      if (told !== undefined) expectSame('`info` of the mark', { ...told }, info);
    }

  }

  /** Expects ids to have a mark with this reason, or without one. */
  async expectReason(reason: EndReason | undefined, ...ids: readonly string[]): Promise<void> {

    for (const id of ids) {
      for (const store of this.both) {
        const found = await store.load(id);
        expectSame('What load() returned', found?.status, 'retired');
        expectSame('`reason` of the mark', (found as RetiredSession).reason, reason);
      }
    }

  }

  /** Expects a live session to have this info, or none. */
  async expectInfo(id: string, info: StoredInfo | undefined): Promise<void> {

    for (const store of this.both) {
      const found = await store.load(id);
      expectSame('The status of the session', found?.status, 'live');
      expectSame('`info` of the session', found?.info && { ...found.info }, info);
    }

  }

  /** Expects a user to have exactly these live sessions. */
  async expectSessionsOf(user: string, ids: readonly string[]): Promise<void> {

    for (const store of this.both) {
      const handles = (await store.sessionsOf(user)).map(({ handle }) => handle);
      expectSame('The handles that sessionsOf() returned', handles.toSorted(), ids.map(id => store.handleOf(id)).toSorted());
    }

  }

  /** Expects that sessions have ended, with marks that say so. */
  async expectEnded(...ids: readonly string[]): Promise<void> {

    for (const id of ids) {
      await this.expectNoSession(id);
      await this.expectMark(id, false);
    }

  }

  /** Expects that an id has no live session. */
  async expectNoSession(id: string): Promise<void> {

    for (const store of this.both) {
      const found = await store.load(id);
      expect(found?.status !== 'live', () => `The id has a session: load() returned ${show(found)}`);
    }
    await this.expectValues(id, null);

  }

  /** Expects that a session has this number of seconds left, or at most `less` fewer. */
  async expectRemaining(id: string, seconds: number, less = SLOWEST): Promise<void> {

    for (const store of this.both) {
      const found = await store.load(id);
      const remaining = found?.status === 'live' ? found.remaining : NaN;
      expect(
        remaining <= seconds + ROUNDED_UP && remaining >= seconds - less,
        () => `\`remaining\` is ${remaining} seconds\nIt must be about ${seconds}`,
      );
    }

  }

}
