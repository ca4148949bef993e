/*
 * Addresses of stores, as `openStore()` takes them.
 */

/** Options that are the store's own, and not its driver's. */
const OWN = ['table', 'schema', 'prepare', 'prefix', 'synchronous'];

/** An address, with the options of the store apart. */
export interface Address {
  /** Such as `redis`; that of `rediss:` and `mariadb:` is the common one. */
  readonly engine: 'memory' | 'sqlite' | 'redis' | 'redis+cluster' | 'postgres' | 'mysql';
  /** As the driver takes it. */
  readonly url: string;
  /** The part between the scheme and the query. */
  readonly path: string;
  readonly options: { readonly [name: string]: string };
}

const ENGINES: ReadonlyMap<string, Address['engine']> = new Map(Object.entries({
  memory: 'memory', sqlite: 'sqlite', redis: 'redis', rediss: 'redis', 'redis+cluster': 'redis+cluster', 'rediss+cluster': 'redis+cluster',
  postgres: 'postgres', postgresql: 'postgres', mysql: 'mysql', mariadb: 'mysql',
} as const));

/** Takes an address apart that `openStore()` accepts; undefined for any other text. */
export function parsed(address: string): Address | undefined {

  const [, written = '', path = '', query = ''] = /^([a-z+]+):([^?]*)\??(.*)$/is.exec(address) ?? [];
  const scheme = written.toLowerCase();
  const engine = ENGINES.get(scheme);
  if (!engine) return undefined;
  const members = new URLSearchParams(query);
  const options: Record<string, string> = {};
  for (const name of OWN) {
    const value = members.get(name);
    if (value === null) continue;
    options[name] = value;
    members.delete(name);
  }
  const others = Object.keys(options).length === 0 ? query : String(members);
  return { engine, url: `${scheme}:${path}${others && `?${others}`}`, path, options };

}

/** Whether a store at this address ends with the process that opens it. */
export function isInMemory(address: string): boolean {

  const { engine, path = '' } = parsed(address) ?? {};
  return engine === 'memory' || (engine === 'sqlite' && fileName(path) === ':memory:');

}

/** Returns an address without what could be secret: its user, its password, and the options of its driver. */
export function shown(address: string): string {

  const found = parsed(address);
  if (!found) return '…';
  const scheme = address.slice(0, address.indexOf(':'));
  // A ? in a password, which should be written as %3F.
  if (/\?.*@/s.test(address)) return `${scheme}:…`;
  const query = Object.entries(found.options).map(([name, value]) => `${name}=${value}`).join('&');
  return `${scheme}:${found.path.replace(/^\/\/.*@/s, '//…@')}${query && `?${query}`}`;

}

/** Replaces whatever could be secret in these addresses, wherever a text has it. */
export function withoutSecrets(text: string, addresses: readonly string[]): string {

  let safe = text;
  for (const address of addresses) {
    safe = safe.replaceAll(address, () => shown(address));
    for (const secret of secretsOf(address)) safe = withoutSecret(safe, secret);
  }
  return safe;

}

/** If a text has as many of the first letters of a secret as this, they are not there by chance. */
const PART = 16;

/** Returns a text without a secret, and without the first part of a long one: servers cut long messages. */
function withoutSecret(text: string, secret: string): string {

  const begin = secret.slice(0, PART);
  let rest = text;
  for (let at = rest.indexOf(begin); at >= 0; at = rest.indexOf(begin, at + 1)) {
    let end = at + begin.length;
    while (end < rest.length && end - at < secret.length && rest[end] === secret[end - at]) end++;
    rest = `${rest.slice(0, at)}…${rest.slice(end)}`;
  }
  return rest;

}

/** Returns the name of a SQLite file, from the path of its address. */
export function fileName(path: string): string {

  return decoded(path.replace(/^\/\/\//, '/'));

}

/** The passwords of an address, in all the ways in which a server or a driver may write them. */
function secretsOf(address: string): string[] {

  const [, login = '', query = ''] = /^[a-z+]+:(?:\/\/([^?]*)@)?[^?]*\??(.*)$/is.exec(address) ?? [];
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(login) ?? [];
  const found = [password, decoded(password)];
  for (const member of query.split('&')) {
    const [[name = '', value = ''] = []] = new URLSearchParams(member);
    if (name.toLowerCase() === 'password') found.push(value, member.slice(member.indexOf('=') + 1));
  }
  return [...found, ...found.map(encodeURIComponent)].filter(secret => secret !== '').sort((one, other) => other.length - one.length);

}

function decoded(text: string): string {

  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }

}
