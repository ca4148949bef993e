import type { SessionRecord, StoredSession } from '../../base/store.js';
import type { CheckedStore } from '../lib/checked-store.js';
import { expect } from '../lib/failure.js';
import type { Scene } from '../lib/scene.js';

/** The sessions on all pages. @param between is called after each page */
export async function allSessions(store: CheckedStore, limit = 1000, between = async () => {}): Promise<StoredSession[]> {

  const all: StoredSession[] = [];
  await eachPage('sessionPage', limit, async after => {
    const { sessions, next } = await store.sessionPage({ after, limit });
    all.push(...sessions);
    await between();
    return { count: sessions.length, next };
  });
  return all;

}

/** The records on all pages. */
export async function allRecords(store: CheckedStore, limit = 1000): Promise<SessionRecord[]> {

  const all: SessionRecord[] = [];
  await eachPage('recordPage', limit, async after => {
    const { records, next } = await store.recordPage({ after, limit });
    all.push(...records);
    return { count: records.length, next };
  });
  return all;

}

/** Finds the record of a session that lives. */
export async function recordOf({ a }: Scene, id: string): Promise<SessionRecord> {

  const found = (await allRecords(a)).find(({ handle }) => handle === a.handleOf(id));
  expect(found !== undefined, () => 'recordPage() returned no record for a live session');
  return found as SessionRecord;

}

async function eachPage(
  method: string, limit: number, page: (after: string | undefined) => Promise<{ readonly count: number; readonly next: string | null }>,
): Promise<void> {

  const cursors = new Set<string>();
  let after: string | undefined;
  do {
    const { count, next } = await page(after);
    expect(count <= limit, () => `A page of ${method}() has ${count} entries\nIt must have at most ${limit}`);
    expect(next === null || !cursors.has(next), () => `${method}() returned the cursor ${next} twice: it never comes to an end`);
    if (next !== null) cursors.add(next);
    after = next ?? undefined;
  } while (after !== undefined);

}
