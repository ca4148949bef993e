import { parseJson } from '../../values/parse-json.js';
import type { SessionValues } from '../../base/store.js';

/**
 * What the middleware sees of values that four methods have kept: as JSON has
 * them, in objects of any prototype, in any order of keys, and with 0 for -0.
 */
export function asStored(values: SessionValues | null): ReadonlyMap<string, unknown> | null {

  if (values === null) return null;
  const stored = new Map<string, unknown>();
  for (const key of Object.keys(values)) {
    const text: string | undefined = JSON.stringify(values[key]);
    if (text !== undefined) stored.set(key, parseJson(text));
  }
  return stored;

}
