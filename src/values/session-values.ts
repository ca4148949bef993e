import { types } from 'node:util';
import { SessionValueError } from '../base/errors.js';
import { kindOf } from '../base/option-checks.js';
import type { SessionTexts, SessionValues } from '../base/store.js';
import { parseJson } from './parse-json.js';
import { setOwn } from './set-own.js';
import { pathOf } from './value-path.js';

/**
 * Turns session values into JSON texts and back, one text for each top-level key.
 *
 * A value that JSON can't represent exactly is refused with its path. Only two
 * conversions are made, as everywhere in JSON: a `Date` becomes its ISO text, and
 * a member that is `undefined` is left out.
 */

const DEEPEST = 500;

/** An array with at least this many values counts as long. */
const MANY = 32;

export const NO_TEXTS: SessionTexts = new Map();

const SYMBOL_KEY = 'has a symbol for a key, which can\'t be stored';

const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;

/** Text that JSON has unchanged between quotes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const PLAIN_TEXT = /^[^"\\\u0000-\u001f\ud800-\udfff]*$/;

/**
 * Turns values into texts, reading each value exactly once.
 *
 * @param before the texts that the values were made from; returned as they are if nothing differs
 * @throws {SessionValueError} if a value can't be stored
 */
export function toTexts(values: SessionValues, before: SessionTexts = NO_TEXTS): SessionTexts {

  if (Object.getOwnPropertySymbols(values).length > 0) throw new SessionValueError('session', SYMBOL_KEY);
  const keys = Object.keys(values);
  let after: Map<string, string> | undefined;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    const value: unknown = values[key];
    const text = value === undefined ? undefined : scalarText(value) ?? toText(value, { keys: [key], containers: [], depth: 0 });
    if (!after) {
      if (text !== undefined && text === before.get(key)) continue;
      after = textsOf(keys, index, before);
    }
    if (text !== undefined) after.set(key, text);
  }
  return after ?? (keys.length === before.size ? before : textsOf(keys, keys.length, before));

}

/** Returns the texts of the first keys, which are the same as before. */
function textsOf(keys: readonly string[], count: number, before: SessionTexts): Map<string, string> {

  const texts = new Map<string, string>();
  for (let index = 0; index < count; index++) texts.set(keys[index] as string, before.get(keys[index] as string) as string);
  return texts;

}

/** Turns texts into values, in a new object. */
export function fromTexts(texts: SessionTexts): SessionValues {

  const values: SessionValues = {};
  for (const [key, text] of texts) {
    const value = fromText(text);
    if (key === '__proto__') setOwn(values, key, value);
    else values[key] = value;
  }
  return values;

}

/**
 * Turns one text into its value.
 *
 * @throws {Error} if the text is not JSON, or is nested deeper than any value that can be stored
 */
export function fromText(text: string): unknown {

  // Most values are a short text or a number, for which the parser is slow to start.
  const first = text.charCodeAt(0);
  if (first === QUOTE && !text.includes('\\') && text.indexOf('"', 1) === text.length - 1) return text.slice(1, -1);
  if (first >= ZERO && first <= NINE) {
    const number = Number(text);
    if (String(number) === text) return number;
  }
  const value = parseJson(text);
  if (text.length > 2 * DEEPEST && isDeeper(value, DEEPEST)) throw new Error(`The value is nested more than ${DEEPEST} levels deep`);
  return value;

}

/** Says whether containers are nested for more than this number of levels. */
function isDeeper(value: unknown, levels: number): boolean {

  if (typeof value !== 'object' || value === null) return false;
  return levels < 0 || Object.values(value).some(member => isDeeper(member, levels - 1));

}

/** Says whether a value is a record of the kind that a session can be. */
export function isPlainObject(value: unknown): value is SessionValues {

  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null
    || prototype === Object.prototype
    // A plain object of another realm, for instance of a `vm` context.
    || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'));

}

/**
 * The way to the value that is being written. All values share one: to make a
 * path for each container would take the longer, the deeper it is nested.
 */
interface Way {
  /** The top-level key, then the key that is being written in each open container. */
  readonly keys: Array<string | number>;
  readonly containers: object[];
  /** The number of open containers: later entries in the lists are out of date. */
  depth: number;
}

function toText(value: unknown, way: Way): string {

  const text = scalarText(value);
  if (text !== undefined) return text;
  if (typeof value === 'number') throw refusal(way, `is ${value}, which JSON has no text for`);
  if (typeof value !== 'object' || value === null) throw refusal(way, `is a ${typeof value}, which can't be stored`);
  if (Array.isArray(value)) return arrayText(value, way);
  if (isPlainObject(value)) return objectText(value, way);
  if (value instanceof Date) return dateText(value, way);
  throw refusal(way, `is a ${kindOf(value)}: only plain objects and arrays can be stored`);

}

/** Returns the text of a value that is no container; undefined if it is one, or can't be stored. */
function scalarText(value: unknown): string | undefined {

  switch (typeof value) {
    case 'string': return quoted(value);
    case 'number': return Number.isFinite(value) ? Object.is(value, -0) ? '-0' : String(value) : undefined;
    case 'boolean': return value ? 'true' : 'false';
    default: return value === null ? 'null' : undefined;
  }

}

function quoted(text: string): string {

  return text.length < 64 && PLAIN_TEXT.test(text) ? `"${text}"` : JSON.stringify(text);

}

function arrayText(array: readonly unknown[], way: Way): string {

  if (Object.getPrototypeOf(array) !== Array.prototype && kindOf(array) !== 'Array') {
    throw refusal(way, `is a ${kindOf(array)}: only plain objects and arrays can be stored`);
  }
  const depth = enter(array, way);
  let text = '';
  for (let index = 0; index < array.length; index++) {
    way.keys[depth] = index;
    text += (index === 0 ? '[' : ',') + toText(array[index], way);
  }
  way.depth--;
  // The match of a regular expression has some, for example.
  if (sizeOf(array) > array.length) throw refusal(way, 'has keys beside its indexes, which can\'t be stored');
  return text === '' ? '[]' : text + ']';

}

/** Returns the number of keys of an array. */
function sizeOf(array: readonly unknown[]): number {

  // Making a text of each index of a long array takes longer than writing its values. But the values of a proxy must not be read twice.
  const own = array.length < MANY || types.isProxy(array) ? Object.keys(array) : Object.values(array);
  return own.length;

}

function objectText(object: SessionValues, way: Way): string {

  if (Object.getOwnPropertySymbols(object).length > 0) throw refusal(way, SYMBOL_KEY);
  const depth = enter(object, way);
  let text = '';
  for (const key of Object.keys(object)) {
    way.keys[depth] = key;
    const value: unknown = object[key];
    if (value !== undefined) text += (text === '' ? '{' : ',') + quoted(key) + ':' + toText(value, way);
  }
  way.depth--;
  return text === '' ? '{}' : text + '}';

}

function dateText(date: Date, way: Way): string {

  if (Number.isNaN(date.getTime())) throw refusal(way, 'is an invalid Date');
  // Not a method of a subclass, which could return anything.
  return `"${Date.prototype.toISOString.call(date)}"`;

}

/**
 * Opens a container, and returns the number of open ones.
 *
 * A circle is found without comparing the container with all that are open: the
 * way round the circle comes back to the one at the last power of two.
 */
function enter(container: object, way: Way): number {

  const { containers, depth } = way;
  containers[depth] = container;
  const landmark = depth === 0 ? undefined : containers[(1 << (31 - Math.clz32(depth))) - 1];
  if (container === landmark || depth > DEEPEST) throw tooDeep(way);
  way.depth = depth + 1;
  return way.depth;

}

function tooDeep({ containers, keys, depth }: Way): SessionValueError {

  const open = containers.slice(0, depth + 1);
  const again = open.findIndex((container, index) => open.indexOf(container) < index);
  if (again !== -1) return new SessionValueError(pathOf(keys.slice(0, again + 1)), 'contains itself');
  return new SessionValueError(pathOf(keys.slice(0, 1)), `is nested more than ${DEEPEST} levels deep`);

}

function refusal({ keys, depth }: Way, problem: string): SessionValueError {

  return new SessionValueError(pathOf(keys.slice(0, depth + 1)), problem);

}
