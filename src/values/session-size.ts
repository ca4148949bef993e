import { SessionSizeError } from '../base/errors.js';
import { wrong } from '../base/option-checks.js';
import type { SessionTexts } from '../base/store.js';
import { pathOf } from './value-path.js';

/** Far more than a session should have, and less than what strains any store. */
const DEFAULT_BYTES = 1_048_576;

const MOST_NAMED = 3;
const LONGEST_NAME = 80;

/** Checks the option `maxBytes` and fills in its default. */
export function checkedMaxBytes(value: unknown = DEFAULT_BYTES): number {

  if (value !== Number.POSITIVE_INFINITY && !(Number.isInteger(value) && (value as number) >= 1)) {
    throw wrong('maxBytes', value, 'must be a whole number of bytes from 1, or Infinity');
  }
  return value as number;

}

/**
 * Refuses to let a session grow beyond its limit. A session that is larger
 * already, since other requests have added to it or the limit was higher, may
 * shrink.
 *
 * @throws {SessionSizeError}
 */
export function checkSize(before: SessionTexts, after: SessionTexts, maxBytes: number): void {

  if (!isTooLarge(before, after, maxBytes)) return;
  throw new SessionSizeError(`The session would have ${sizeOf(after)} bytes and maxBytes is ${maxBytes}: its largest keys are ${largest(after)}`);

}

/** The error of a change that the store refused: other requests had added to the session since it was read. */
export function tooLarge(maxBytes: number): SessionSizeError {

  return new SessionSizeError(`The session would have more bytes than maxBytes, ${maxBytes}: other requests have added to it at the same time`);

}

/** Names the largest keys, for developers. A key may be as long as any value. */
function largest(texts: SessionTexts): string {

  return [...texts]
    .map(entry => ({ name: pathOf([entry[0]]), size: entrySize(entry) }))
    .sort((one, other) => other.size - one.size)
    .slice(0, MOST_NAMED)
    .map(({ name, size }) => `${name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name} (${size})`)
    .join(', ');

}

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
