import { record, wrong } from '../../base/option-checks.js';

/**
 * Refuses anything but an object, and options that a store does not have.
 *
 * @throws {TypeError} that names the first one
 */
export function checkNames(options: object, ...known: readonly string[]): void {

  record('options', options);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`option ${name} is unknown: it must be ${known.slice(0, -1).join(', ')} or ${known.at(-1)}`);
  }

}

/**
 * Checks the name of a table or a schema, which is put between quotes.
 *
 * @param most how long it may be: by default, so that the name of the index, which is longer, is as long as the engines allow
 * @throws {TypeError} for any other name
 */
export function checkIdentifier(option: string, name: unknown, most = 50): string {

  if (typeof name === 'string' && name.length <= most && /^[a-z_]\w*$/i.test(name)) return name;
  throw wrong(option, name, `must be a name of up to ${most} letters, digits and _`);

}
