import { AssertionError } from 'node:assert';
import { inspect, isDeepStrictEqual } from 'node:util';

const LONGEST_TEXT = 300;
const MOST_CHARACTERS = 1000;

/** The number of characters that are shown on each side of a difference. */
const AROUND = 30;

/** Makes an error that says how a store breaks the rule that is tried out. */
export function broken(facts: string, cause?: unknown): AssertionError {

  const error = new AssertionError({ message: facts, stackStartFn: broken });
  if (cause !== undefined) error.cause = cause;
  return error;

}

/** Fails if something is not so. */
export function expect(isSo: boolean, facts: () => string): void {

  if (!isSo) throw broken(facts());

}

/** Fails if a value is not exactly the expected one. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {

  if (!isDeepStrictEqual(actual, expected)) {
    throw broken(`${what} is ${show(actual)}\nIt must be ${show(expected)}${firstDifference(actual, expected)}`);
  }

}

/** Fails if a record is not exactly the expected one, and names the key that is wrong. */
export function expectSameKeys(
  what: string, actual: ReadonlyMap<string, unknown> | null, expected: ReadonlyMap<string, unknown> | null,
): void {

  if (actual && expected) {
    const other = [...actual.keys()].find(key => !expected.has(key));
    for (const [key, value] of expected) {
      if (!actual.has(key)) {
        const instead = other === undefined ? '' : `\nIn its place is the key ${show(other)}${firstDifference(other, key)}`;
        throw broken(`${what} lacks the key ${show(key)}\nIt must be there, with ${show(value)}${instead}`);
      }
      expectSame(`The key ${show(key)} of ${lowered(what)}`, actual.get(key), value);
    }
    if (other !== undefined) throw broken(`${what} has a key ${show(other)}, with ${show(actual.get(other))}\nIt must not be there`);
  }
  expectSame(what, actual, expected);

}

/** Fails if a value is not one of the allowed ones. */
export function expectOneOf(what: string, actual: unknown, allowed: readonly unknown[]): void {

  if (!allowed.includes(actual)) throw broken(`${what} is ${show(actual)}\nIt must be ${allowed.map(show).join(' or ')}`);

}

/** Returns a value as people read it, in at most this number of characters. */
export function show(value: unknown, most = MOST_CHARACTERS): string {

  const text = inspect(value, { breakLength: Infinity, maxStringLength: LONGEST_TEXT, maxArrayLength: 30, depth: 4 });
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;

}

/** Says where two values differ that are too long to be shown whole; returns an empty text for others. */
function firstDifference(actual: unknown, expected: unknown): string {

  const [one, other] = [whole(actual), whole(expected)];
  if (one === other || Math.max(one.length, other.length) <= LONGEST_TEXT) return '';
  let place = 0;
  while (one[place] === other[place]) place++;
  const around = (text: string) => show(text.slice(Math.max(0, place - AROUND), place + AROUND));
  return `\nThe first difference is after ${place} characters: ${around(one)} in place of ${around(other)}`;

}

/** Returns all of a value: a text as it is, anything else as people read it. */
function whole(value: unknown): string {

  return typeof value === 'string' ? value : inspect(value, { breakLength: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity, depth: Infinity });

}

function lowered(what: string): string {

  return what.charAt(0).toLowerCase() + what.slice(1);

}
