import type { SessionTexts } from '../base/store.js';

/** The most bytes of UTF-8 that one UTF-16 code unit takes. */
const MOST_BYTES_A_UNIT = 3;

/** Returns the number of bytes of all keys and JSON texts, in UTF-8. */
export function sizeOf(texts: SessionTexts): number {

  let size = 0;
  for (const entry of texts) size += entrySize(entry);
  return size;

}

export function entrySize([key, text]: readonly [string, string]): number {

  return Buffer.byteLength(key) + Buffer.byteLength(text);

}

/** Says whether a change makes a session larger than `maxBytes`. A session that is larger already may shrink. */
export function isTooLarge(before: SessionTexts, after: SessionTexts, maxBytes = Infinity): boolean {

  if (after === before || unitsOf(after) * MOST_BYTES_A_UNIT <= maxBytes) return false;
  const size = sizeOf(after);
  return size > maxBytes && size > sizeOf(before);

}

function unitsOf(texts: SessionTexts): number {

  let units = 0;
  for (const [key, text] of texts) units += key.length + text.length;
  return units;

}
