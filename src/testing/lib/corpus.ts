import type { SessionValues } from '../../base/store.js';
import { setOwn } from '../../values/set-own.js';
import { below, oneOf, type Random } from './random.js';

/** Keys that some engine, format or language takes for something else. */
export const KEYS: readonly string[] = [
  '', ' ', 'a', 'a.b', 'a[0]', 'a/b', '$', '$.a', '$set', '*', '?', '%', '_', '"', '\'', '`', '\\', '\\"', '\\\\', '\\n', '\\u0041',
  '\0', '\n', '\t', '\r\n', '\u001f', '\u007f', '\u0085', '\u2028', '\ufeff', '\uffff', 'a\0b', 'a\tb\nc', ':', ',', '{', '}', '[]',
  '__proto__', 'constructor', 'prototype', 'toString', 'toJSON', 'hasOwnProperty', 'valueOf', 'length', 'then',
  'null', 'undefined', 'true', 'NaN', '0', '1', '-1', '01', '1e3', '9007199254740993', 'ID', 'id', 'İ', 'ı', 'ß', 'SS',
  'é', 'e\u0301', '日本', '👩‍👩‍👧', '\ud83d', '\ude00', '\ude00\ud83d', 'a\ud800b', '--', ';', '/*', '\u0024{a}', '{{a}}', '<a>', '&amp;',
  'x'.repeat(5000), '\n'.repeat(300),
];

/** Keys that JSON writes with a backslash. */
const ESCAPED = KEYS.filter(isEscaped);
const PLAIN = KEYS.filter(key => !isEscaped(key));

const NUMBERS: readonly number[] = [
  0, -0, 1, -1, 0.1, -0.1, 0.1 + 0.2, 1 / 3, 1e21, 1e-7, 123456789012345680000, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2, -(2 ** 63),
  Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, Number.EPSILON,
  2.2250738585072014e-308, 1.7976931348623157e308, 5e-324, 1e15, 1e16, 100, 1.5, 1752000000000,
];

const SCALARS: readonly unknown[] = [null, true, false, ...NUMBERS, ...KEYS];

/** The number of levels to which the middleware lets values be nested. */
const DEEPEST = 500;

/** Sessions with values that some store has changed or lost. */
export const CORPUS: Readonly<Record<string, SessionValues>> = {
  'any keys': record(PLAIN.map(key => [key, key])),
  'any keys with empty values': record(PLAIN.map((key, index) => [key, [null, '', 0, false, [], {}][index % 6]])),
  'any keys within a value': { nested: record(PLAIN.map(key => [key, record([[key, [key]]])])) },
  'numbers at the edge of doubles': record(NUMBERS.map((number, index) => [`n${index}`, number])),
  'numbers in an array': { numbers: NUMBERS },
  'texts of any characters': record(KEYS.map((key, index) => [`t${index}`, key])),
  'text with each UTF-16 unit': { text: String.fromCharCode(...Array.from({ length: 0x10000 }, (_, unit) => unit)) },
  'null, true and false': { nothing: null, yes: true, no: false, list: [null, true, false] },
  'nothing in nothing': { object: {}, array: [], nested: { a: {}, b: [], c: [{}, [], [[]], { d: {} }] } },
  'keys whose order is not that of the alphabet': { z: { y: 1, b: 2, a: 3, '10': 4, '9': 5 }, a: [{ c: 1, a: 2 }] },
  'text that looks like JSON': { a: '{"a":1}', b: '"', c: '[', d: 'null', e: '\\"', f: '",\n"g":"', g: '1', h: ' 1 ' },
  'text that looks like dates and numbers': { a: '2026-01-01T00:00:00.000Z', b: '0010', c: '1e5', d: '0x1', e: 'Infinity' },
  'text that looks like SQL and scripts': {
    a: '\'; DROP TABLE sessions; --', b: '$1', c: ':a', d: '?', e: '%s', f: '{{a}}', g: '\u0024{a}', h: '\\x00',
  },
  'arrays and objects inside each other': { deep: nested(DEEPEST) },
  'a thousand keys': record(Array.from({ length: 1000 }, (_, index) => [`key ${index}`, index])),
  'a text of one MiB': { long: 'abcdefgh'.repeat(2 ** 17), after: 1 },
  'a text that JSON escapes to one MiB': { long: '"\\\n\0é日😀\ud800'.repeat(50_000), after: 1 },
};

/** The same for keys that JSON writes with a backslash. */
export const ESCAPED_CORPUS: Readonly<Record<string, SessionValues>> = {
  'keys that JSON escapes': record(ESCAPED.map(key => [key, key])),
  'a single key that JSON escapes': { '\\': 1 },
  'another single key that JSON escapes': { '\n': 1 },
  'keys that JSON escapes within a value': { nested: record(ESCAPED.map(key => [key, record([[key, [key]]])])) },
};

/** Makes a session of a few keys and values from the corpus, some of them in arrays and objects. */
export function anySession(random: Random, keys = KEYS): SessionValues {

  return record(Array.from({ length: 1 + below(6, random) }, () => [oneOf(keys, random), anyValue(random, keys)]));

}

function anyValue(random: Random, keys: readonly string[], depth = 0): unknown {

  const kind = below(depth < 3 ? 10 : 8, random);
  if (kind < 8) return oneOf(SCALARS, random);
  const members = Array.from({ length: below(4, random) }, () => anyValue(random, keys, depth + 1));
  return kind === 8 ? members : record(members.map(member => [oneOf(keys, random), member]));

}

/**
 * Returns the keys that the engine's JSON.parse() reads exactly. From version 12.8
 * on, V8 can take one escaped key for another (nodejs/node#63785): that is no fault
 * of a store that parses its values.
 */
export function readableKeys(): readonly string[] {

  // A first key that nothing else uses, since this text leads V8 astray.
  JSON.parse('{"session store tests":1,"\\\\":2}');
  const [, key] = Object.keys(JSON.parse('{"session store tests":1,"\\n":2}'));
  return key === '\n' ? KEYS : PLAIN;

}

function isEscaped(key: string): boolean {

  return JSON.stringify(key).includes('\\');

}

/** Makes an object whose keys may have any name. */
function record(entries: ReadonlyArray<readonly [string, unknown]>): SessionValues {

  const values = {};
  for (const [key, value] of entries) setOwn(values, key, value);
  return values;

}

function nested(depth: number): unknown {

  let value: unknown = [];
  for (let level = 1; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;

}
