import { ok, strictEqual } from 'node:assert/strict';
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

/** The loaded record of a session that must be live. */
export async function live(store: AtomicSessionStore, id: string): Promise<LiveSession & { values: Record<string, unknown> }> {

  const found = await store.load(id);
  ok(found?.status === 'live', `It is ${found?.status}`);
  const values = {};
  for (const [key, text] of found.texts) setOwn(values, key, JSON.parse(text));
  return { ...found, values };

}

/** Checks that an error is that of an unreadable session; its cause alone says why. */
export function unopened(problem: RegExp = /./) {

  return (error: unknown): true => {
    ok(error instanceof SessionStoreError, String(error));
    strictEqual(error.message, 'The stored session can\'t be opened');
    ok(problem.test((error.cause as Error).message), String(error.cause));
    return true;
  };

}
