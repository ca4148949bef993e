import { ok } from 'node:assert/strict';
import type { AtomicSessionStore, EncryptionOptions, LiveSession } from '../../src/index.js';
import { SessionStoreError } from '../../src/index.js';
import { setOwn } from '../../src/values/set-own.js';

/** Secrets of an application, by the year. */
export const NEW = { id: '2026', secret: 'the secret of this year, which is long enough' };
export const OLD = { id: '2025', secret: new Uint8Array(32).fill(7) };

export const KEYED: EncryptionOptions = { keys: [NEW] };

/** A change that sets texts. */
export function setting(texts: Readonly<Record<string, string>>) {

  return { set: new Map(Object.entries(texts)), unset: [] };

}

/** What is loaded of a session that must live. */
export async function live(store: AtomicSessionStore, id: string): Promise<LiveSession & { values: Record<string, unknown> }> {

  const found = await store.load(id);
  ok(found?.status === 'live', `It is ${found?.status}`);
  const values = {};
  for (const [key, text] of found.texts) setOwn(values, key, JSON.parse(text));
  return { ...found, values };

}

/** Says that an error is one of a store, and names a key. */
export function names(key: string, problem: RegExp = /./) {

  return (error: unknown): true => {
    ok(error instanceof SessionStoreError, String(error));
    ok(error.message.startsWith(`What is stored for the session's key ${JSON.stringify(key)} can't be opened: `), error.message);
    ok(problem.test(error.message), error.message);
    return true;
  };

}
