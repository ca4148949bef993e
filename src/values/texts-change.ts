import type { SessionChange, SessionTexts } from '../base/store.js';

/** The change of an untouched session. */
export const NO_CHANGE: SessionChange = { set: new Map(), unset: [] };

/** Finds the keys that differ, by their text: a change deep inside a value is one of its key. */
export function difference(before: SessionTexts, after: SessionTexts): SessionChange {

  // An untouched session is the same object: nothing was parsed, nothing is compared.
  if (before === after) return NO_CHANGE;

  const set = new Map<string, string>();
  let kept = 0;
  for (const [key, text] of after) {
    const former = before.get(key);
    if (former !== undefined) kept++;
    if (former !== text) set.set(key, text);
  }
  const unset: string[] = [];
  if (kept === before.size) return { set, unset };
  for (const key of before.keys()) {
    if (!after.has(key)) unset.push(key);
  }
  return { set, unset };

}

/** Merges a change into texts; the texts that were given stay as they are. */
export function merge(texts: SessionTexts, change: SessionChange): Map<string, string> {

  const merged = new Map(texts);
  for (const key of change.unset) merged.delete(key);
  for (const [key, text] of change.set) merged.set(key, text);
  return merged;

}

export function isEmpty(change: SessionChange): boolean {

  return change.set.size === 0 && change.unset.length === 0;

}
