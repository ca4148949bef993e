import type { SessionRecord } from '@curveball/session';
import type { OpenedStore } from '@curveball/session/open';

/** What became of a record. */
export type Outcome =
  /** It is in the other store, and no longer in this one, or in both if it was to stay. */
  | 'copied'
  /** The other store has a record or a mark in its place. */
  | 'occupied'
  /** It ended in the meantime. */
  | 'ended'
  /** Its move to the other store was cut off, and only the application can finish it, since it is sealed. */
  | 'cut'
  /** It is in the other store, but lacks a change that someone made in the meantime. */
  | 'changed';

/** Two stores, and how a record goes from one to the other. */
export interface Route {
  readonly from: OpenedStore;
  readonly to: OpenedStore;
  /** Whether the records stay in `from`. */
  readonly keeps: boolean;
}

/** The key of a session whose move to the other store was cut off. It is a part of what stores keep, and stays the same. */
const ASIDE = '@curveball/session aside';

/**
 * Takes one record over. It is put into `to` before it is taken from `from`: if the
 * process dies in between, it is in both, and no visitor is signed out.
 *
 * @param readAt when it was read, in milliseconds of `performance.now()`
 */
export async function transfer({ from, to, keeps }: Route, record: SessionRecord, readAt: number): Promise<Outcome> {

  const terms = {
    // Sessions of its user that were ended since must not come back with it.
    get requestAge() {
      return (performance.now() - readAt) / 1000;
    },
  };
  const whole = finished(record);
  if (whole === null) return 'cut';
  if (!await to.putRecord?.(whole, terms)) return 'occupied';
  if (keeps) return 'copied';
  const taken = await from.takeRecord?.(record.handle) ?? null;
  if (taken === null) {
    const [state] = await from.statesOf?.([record.handle]) ?? [];
    // An application has removed it without a mark, since it was in the other store, and is given another id there.
    if (state === null) return 'copied';
    await to.endByHandle?.(record.handle);
    return 'ended';
  }
  return isSame(record, taken) ? 'copied' : 'changed';

}

/** Whether two records are of the same id, and have the same values, user and details. */
function isSame(one: SessionRecord, other: SessionRecord): boolean {

  return one.hash === other.hash && one.info?.user === other.info?.user && one.info?.details === other.info?.details
    && one.texts.size === other.texts.size && [...one.texts].every(([key, text]) => other.texts.get(key) === text);

}

/** The record as it would be in the other store if its move had not been cut off; null if that can't be read. */
function finished(record: SessionRecord): SessionRecord | null {

  const text = record.texts.get(ASIDE);
  if (text === undefined) return record;
  const [, hash] = /^"([\w-]{43})"$/.exec(text) ?? [];
  if (hash === undefined) return null;
  const texts = new Map(record.texts);
  texts.delete(ASIDE);
  return { ...record, hash, texts, former: record.former.filter(id => id.hash !== hash) };

}
