import type { SessionTexts } from '../base/store.js';

/** An UTF-16 code unit takes no more bytes of UTF-8. */
const MOST_BYTES_A_UNIT = 3;

/** The bytes of all keys and JSON texts, in UTF-8. */
export function sizeOf(texts: SessionTexts): number {

  let size = 0;
  for (const entry of texts) size += entrySize(entry);
  return size;

}

export function entrySize([key, text]: readonly [string, string]): number {

  return Buffer.byteLength(key) + Buffer.byteLength(text);

}

/** Whether a change makes a session larger than it may be. One that is larger already may shrink. */
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
