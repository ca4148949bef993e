import type { SessionValues } from '../../base/store.js';
import { parseJson } from '../../values/parse-json.js';

/**
 * Returns what the middleware sees of values that four methods have kept: as JSON
 * has them, whatever their prototype and the order of their keys, and 0 for -0.
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
