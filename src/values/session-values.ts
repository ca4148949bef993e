import { SessionValueError } from '../errors.js';
import { parseJson } from './parse-json.js';
import { setOwn } from './set-own.js';
import type { SessionTexts, SessionValues } from '../store.js';

/**
 * Session values to JSON texts and back, one text for each top-level key.
 *
 * What JSON can't hold faithfully is refused with the path of the value; only
 * two conversions are made, as everywhere in JSON: a `Date` becomes its ISO
 * text, and a member that is `undefined` is left out.
 */

const DEEPEST = 500;

/** The shape of a key that a path can name with a dot. */
const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/;

export const NO_TEXTS: SessionTexts = new Map();

const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;

/** Text that stands in JSON as it is, between quotes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const PLAIN_TEXT = /^[^"\\\u0000-\u001f\ud800-\udfff]*$/;

/**
 * Turns values into texts, reading each value exactly once.
 *
 * @param before what the values were made from; returned as it is if nothing differs
 * @throws {SessionValueError} if a value can't be stored
 */
export function toTexts(values: SessionValues, before: SessionTexts = NO_TEXTS): SessionTexts {

  if (Object.getOwnPropertySymbols(values).length > 0) throw symbolKey('session');
  const keys = Object.keys(values);
  const texts: Array<string | undefined> = [];
  let same = keys.length === before.size;
  for (const key of keys) {
    const value: unknown = values[key];
    const text = value === undefined ? undefined : toText(value, key, NO_WAY);
    if (same && text !== before.get(key)) same = false;
    texts.push(text);
  }
  if (same) return before;
  const after = new Map<string, string>();
  for (let index = 0; index < keys.length; index++) {
    const text = texts[index];
    if (text !== undefined) after.set(keys[index] as string, text);
  }
  return after;

}

/** Turns texts into values, in an object of the caller's own. */
export function fromTexts(texts: SessionTexts): SessionValues {

  const values: SessionValues = {};
  for (const [key, text] of texts) setOwn(values, key, fromText(text));
  return values;

}

/**
 * Turns one text into its value.
 *
 * @throws {Error} for what is no JSON, or is nested deeper than anything that is stored
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

/** Whether containers stand in each other for more levels than that. */
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

/** The name of a value's class, for an error text. */
export function kindOf(value: unknown): string {

  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.getPrototypeOf(value)?.constructor?.name || 'object';

}

/** Where a value stands: the top-level key, then the containers and keys on the way. */
type Way = ReadonlyArray<Step>;
interface Step { readonly container: object; readonly key: string | number }

const NO_WAY: Way = [];

function toText(value: unknown, name: string, way: Way): string {

  switch (typeof value) {
    case 'string':
      return value.length < 64 && PLAIN_TEXT.test(value) ? `"${value}"` : JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw refusal(name, way, `is ${value}, which JSON has no text for`);
      return Object.is(value, -0) ? '-0' : String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return arrayText(value, name, way);
      if (isPlainObject(value)) return objectText(value, name, way);
      if (value instanceof Date) return dateText(value, name, way);
      throw refusal(name, way, `is a ${kindOf(value)}: only plain objects and arrays can be stored`);
    default:
      throw refusal(name, way, `is a ${typeof value}, which can't be stored`);
  }

}

function arrayText(array: readonly unknown[], name: string, way: Way): string {

  enter(array, name, way);
  if (kindOf(array) !== 'Array') throw refusal(name, way, `is a ${kindOf(array)}: only plain objects and arrays can be stored`);
  const inside = [...way];
  let text = '[';
  for (let index = 0; index < array.length; index++) {
    inside[way.length] = { container: array, key: index };
    text += (index === 0 ? '' : ',') + toText(array[index], name, inside);
  }
  // Such as the match of a regular expression has.
  if (Object.keys(array).length > array.length) {
    throw refusal(name, way, 'has keys beside its indexes, which can\'t be stored');
  }
  return text + ']';

}

function objectText(object: SessionValues, name: string, way: Way): string {

  enter(object, name, way);
  if (Object.getOwnPropertySymbols(object).length > 0) {
    throw symbolKey(pathTo(name, way));
  }
  const inside = [...way];
  let text = '{';
  for (const key of Object.keys(object)) {
    inside[way.length] = { container: object, key };
    const value: unknown = object[key];
    if (value !== undefined) {
      text += (text === '{' ? '' : ',') + JSON.stringify(key) + ':' + toText(value, name, inside);
    }
  }
  return text + '}';

}

function dateText(date: Date, name: string, way: Way): string {

  if (Number.isNaN(date.getTime())) throw refusal(name, way, 'is an invalid Date');
  // Not a method of a subclass, which could return anything.
  return `"${Date.prototype.toISOString.call(date)}"`;

}

function enter(container: object, name: string, way: Way): void {

  if (way.some(step => step.container === container)) throw refusal(name, way, 'contains itself');
  if (way.length > DEEPEST) throw refusal(name, [], `is nested more than ${DEEPEST} levels deep`);

}

function symbolKey(path: string): SessionValueError {

  return new SessionValueError(path, 'has a symbol for a key, which can\'t be stored');

}

function refusal(name: string, way: Way, problem: string): SessionValueError {

  return new SessionValueError(pathTo(name, way), problem);

}

function pathTo(name: string, way: Way): string {

  return pathOf([name, ...way.map(({ key }) => key)]);

}

/** Where a value stands, as code would say it: `session.cart.items[0]`. */
export function pathOf(keys: ReadonlyArray<string | number>): string {

  return keys.reduce<string>((path, key) => path + member(key), 'session');

}

function member(key: string | number): string {

  if (typeof key === 'number') return `[${key}]`;
  return PLAIN_KEY.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;

}
