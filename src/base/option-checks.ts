/*
 * What the checks of options share. Each throws a `TypeError` that names the
 * option, its value and what is allowed.
 */

export function checkSeconds(option: string, value: unknown, least: number, most: number): void {

  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw wrong(option, value, `must be a number of seconds from ${least} to ${most}`);
  }

}

export function record(option: string, value: unknown): void {

  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(option, value, 'must be an object');
  }

}

export function known(what: string, given: object, names: readonly string[]): void {

  for (const name of Object.keys(given)) {
    if (!names.includes(name)) {
      throw new TypeError(`${what} ${name} is unknown: it must be ${names.length > 1 ? 'one of ' : ''}${names.join(', ')}`);
    }
  }

}

export function lower(value: unknown): unknown {

  return typeof value === 'string' ? value.toLowerCase() : value;

}

export function wrong(option: string, value: unknown, allowed: string): TypeError {

  return new TypeError(`${option} is ${show(value)}: it ${allowed}`);

}

/** The most characters of a text that a message repeats. */
const MOST_SHOWN = 200;

export function show(value: unknown): string {

  // It may be an address, given by mistake, with a password in it.
  if (typeof value === 'string') return JSON.stringify(shortened(withoutLogin(value)));
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) {
    const kind = kindOf(value);
    return `${/^[aeio]/i.test(kind) ? 'an' : 'a'} ${kind}`;
  }
  if (typeof value === 'bigint') return `${value}n`;
  return Object.is(value, -0) ? '-0' : String(value);

}

function shortened(text: string): string {

  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;

}

/** Returns an address without the user and password before its host. */
export function withoutLogin(address: string): string {

  return address.replace(/^([a-z][a-z\d+.-]*:)?\/\/.*@/is, '$1//…@');

}

/** The name of a value's class, for an error text. */
export function kindOf(value: unknown): string {

  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.getPrototypeOf(value)?.constructor?.name || 'object';

}
