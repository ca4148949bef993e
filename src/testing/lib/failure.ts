import { AssertionError } from 'node:assert';
import { inspect, isDeepStrictEqual } from 'node:util';

const LONGEST_TEXT = 300;
const MOST_CHARACTERS = 1000;

/** Says how a store breaks the rule that is tried out. */
export function broken(facts: string, cause?: unknown): AssertionError {

  const error = new AssertionError({ message: facts, stackStartFn: broken });
  if (cause !== undefined) error.cause = cause;
  return error;

}

/** Fails where something is not so. */
export function expect(isSo: boolean, facts: () => string): void {

  if (!isSo) throw broken(facts());

}

/** Fails where what a store gives is not exactly what it must give. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {

  if (!isDeepStrictEqual(actual, expected)) {
    throw broken(`${what} is ${show(actual)}\nIt must be ${show(expected)}`);
  }

}

/** The same for records: it names the key that is wrong. */
export function expectSameKeys(
  what: string, actual: ReadonlyMap<string, unknown> | null, expected: ReadonlyMap<string, unknown> | null,
): void {

  if (actual && expected) {
    for (const [key, value] of expected) {
      if (!actual.has(key)) throw broken(`${what} lacks the key ${show(key)}\nIt must be there, with ${show(value)}`);
      expectSame(`The key ${show(key)} of ${lowered(what)}`, actual.get(key), value);
    }
    const other = [...actual.keys()].find(key => !expected.has(key));
    if (other !== undefined) throw broken(`${what} has a key ${show(other)}, with ${show(actual.get(other))}\nIt must not be there`);
  }
  expectSame(what, actual, expected);

}

/** Fails where what a store gives is none of what it may give. */
export function expectOneOf(what: string, actual: unknown, allowed: readonly unknown[]): void {

  if (!allowed.includes(actual)) throw broken(`${what} is ${show(actual)}\nIt must be ${allowed.map(show).join(' or ')}`);

}

/** A value as a person reads it, in so many characters. */
export function show(value: unknown, most = MOST_CHARACTERS): string {

  const text = inspect(value, { breakLength: Infinity, maxStringLength: LONGEST_TEXT, maxArrayLength: 30, depth: 4 });
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;

}

function lowered(what: string): string {

  return what.charAt(0).toLowerCase() + what.slice(1);

}
