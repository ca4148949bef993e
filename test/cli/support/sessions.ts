import type { AtomicSessionStore } from '../../../src/index.js';
import { toStored } from '../../../src/info/session-details.js';
import { toTexts } from '../../../src/values/session-values.js';

/** Stores a session. @returns its id */
export async function begin(store: AtomicSessionStore, user: string | null, values: Record<string, unknown> = { a: 1 }): Promise<string> {

  const id = await store.newSessionId();
  const now = Math.floor(Date.now() / 1000);
  const info = toStored({ user, details: { created: now, renewed: now } });
  await store.create(id, toTexts(values), { lifetime: 3600, newInfo: { info } });
  return id;

}
