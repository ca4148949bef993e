import { SessionValueError } from './errors.js';
import type { SessionTexts, SessionValues } from './store.js';

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

/** Text that stands in JSON as it is, between quotes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const PLAIN_TEXT = /^[^"\\\u0000-\u001f\ud800-\udfff]*$/;

/**
 * Turns values into texts, reading each value exactly once.
 *
 * @throws {SessionValueError} if a value can't be stored
 */
export function toTexts(values: SessionValues): Map<string, string> {

  if (Object.getOwnPropertySymbols(values).length > 0) throw symbolKey('session');
  const texts = new Map<string, string>();
  for (const key of Object.keys(values)) {
    const value: unknown = values[key];
    if (value !== undefined) texts.set(key, toText(value, key, []));
  }
  return texts;

}

/** Turns texts into values, in an object of the caller's own. */
export function fromTexts(texts: SessionTexts): SessionValues {

  const values: SessionValues = {};
  for (const [key, text] of texts) setOwn(values, key, JSON.parse(text));
  return values;

}

/** Sets an own property whatever its name: a plain assignment of `__proto__` would not. */
export function setOwn(values: SessionValues, key: string, value: unknown): void {

  if (key === '__proto__') {
    Object.defineProperty(values, key, {
      value, writable: true, enumerable: true, configurable: true,
    });
  } else {
    values[key] = value;
  }

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
type Way = Array<{ container: object; key: string | number }>;

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
  let text = '[';
  for (let index = 0; index < array.length; index++) {
    way.push({ container: array, key: index });
    text += (index === 0 ? '' : ',') + toText(array[index], name, way);
    way.pop();
  }
  return text + ']';

}

function objectText(object: SessionValues, name: string, way: Way): string {

  enter(object, name, way);
  if (Object.getOwnPropertySymbols(object).length > 0) {
    throw symbolKey(pathTo(name, way));
  }
  let text = '{';
  for (const key of Object.keys(object)) {
    way.push({ container: object, key });
    const value: unknown = object[key];
    if (value !== undefined) {
      text += (text === '{' ? '' : ',') + JSON.stringify(key) + ':' + toText(value, name, way);
    }
    way.pop();
  }
  return text + '}';

}

function dateText(date: Date, name: string, way: Way): string {

  if (Number.isNaN(date.getTime())) throw refusal(name, way, 'is an invalid Date');
  return `"${date.toISOString()}"`;

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

  let path = 'session' + member(name);
  for (const { key } of way) path += member(key);
  return path;

}

function member(key: string | number): string {

  if (typeof key === 'number') return `[${key}]`;
  return PLAIN_KEY.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;

}
