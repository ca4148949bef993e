import type { SessionValues } from './store.js';

/** Says whether a value is a record of the kind that a session can be. */
export function isPlainObject(value: unknown): value is SessionValues {

  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null
    || prototype === Object.prototype
    // A plain object of another realm, for instance of a `vm` context.
    || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'));

}

/** Returns the name of a value's class, for an error text. */
export function kindOf(value: unknown): string {

  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.getPrototypeOf(value)?.constructor?.name || 'object';

}
