/** A key that a path can name with a dot. */
const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/;

/** Returns the path to a value, as code would write it: `session.cart.items[0]`. */
export function pathOf(keys: ReadonlyArray<string | number>): string {

  return keys.reduce<string>((path, key) => path + member(key), 'session');

}

function member(key: string | number): string {

  if (typeof key === 'number') return `[${key}]`;
  return PLAIN_KEY.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;

}
