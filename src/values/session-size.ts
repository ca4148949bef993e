import { SessionSizeError } from '../base/errors.js';
import { wrong } from '../base/option-checks.js';
import { entrySize, isTooLarge, sizeOf } from './texts-size.js';
import { pathOf } from './value-path.js';
import type { SessionTexts } from '../base/store.js';

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
