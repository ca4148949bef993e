import type { Options } from './address-options.js';

/** The parts of an address, as they are written. */
interface Parts {
  readonly scheme: string;
  /** The part between the scheme and the query. */
  readonly path: string;
  readonly query: string;
}

/** An address, with the options of the store apart. */
export interface Address {
  /** As the driver takes it. */
  readonly url: string;
  readonly path: Parts['path'];
  /** The query's members that are the store's own. */
  readonly options: { readonly [name: string]: string };
}

/** How the addresses of a kind of store look, and which options they may have. */
export interface Form {
  readonly hasHost: boolean;
  /** Whether it can have several hosts, with commas between them. */
  readonly hasNodes?: boolean;
  /** Members of the query that are the store's own. */
  readonly own: Options;
  /** Members that its driver knows and that can't make the store unsafe. */
  readonly drivers: Options;
}

const EXAMPLES = ['memory:', 'sqlite:./sessions.db', 'redis://localhost:6379', 'redis+cluster://localhost:6379', 'postgres://user@localhost/database', 'mysql://user@localhost/database'];

/** The path of an address of several nodes: a login, and hosts. */
const NODES = /^\/\/(?:[^@/,]*@)?[^@,/]+(?:,[^@,/]+)*\/?$/;

/** Returns the text of an address; an empty text for anything but a text or a `URL`. */
export function textOf(address: unknown): string {

  return typeof address === 'string' || address instanceof URL ? String(address) : '';

}

export function partsOf(text: string): Parts {

  const [, scheme = '', path = '', query = ''] = /^([a-z+]+):([^?]*)\??(.*)$/is.exec(text) ?? [];
  // Drivers compare it as it is: one would take REDISS: for a connection without TLS.
  return { scheme: scheme.toLowerCase(), path, query };

}

/** @throws {TypeError} for an address that has another form */
export function checkedAddress({ scheme, path, query }: Parts, form: Form): Address {

  if (form.hasHost && /#/.test(path + query)) throw wrong('it has a #, which is written as %23');
  checkOptions(new URLSearchParams(query), form);
  const { options, others } = divided(query, Object.keys(form.own));
  const url = `${scheme}:${path}${others && `?${others}`}`;
  const urls = form.hasNodes ? urlsOfNodes(url) : [url];
  // A URL without a host, as `redis://` is one, would be of the server on this machine.
  if (form.hasNodes && !NODES.test(path)) throw wrong('it must name nodes, with commas between them and nothing after them. In its password, @ is written as %40, / as %2F and a comma as %2C');
  if (form.hasHost && !(path.startsWith('//') && urls.every(each => URL.canParse(each)))) throw wrong(`it is not a ${scheme}:// URL`);
  decoded(path);
  return { url, path, options };

}

/** Returns an address for each node of a cluster, as drivers take it: with `redis:` in place of `redis+cluster:`. */
export function urlsOfNodes(url: string): readonly [string, ...string[]] {

  const [, scheme, login = '', hosts = '', rest] = /^([a-z]+)\+cluster:\/\/([^@/,]*@)?([^/?]*)(.*)$/s.exec(url) ?? [];
  return hosts.split(',').map(host => `${scheme}://${login}${host}${rest}`) as [string, ...string[]];

}

/** Returns the name of a SQLite file. */
export function filePath(path: string): string {

  if (path === '') throw wrong('it names no file');
  if (/^\/\/(?!\/)/.test(path)) throw wrong('two slashes are not followed by a third');
  return decoded(path.replace(/^\/\/\//, '/'));

}

/** Makes an error that does not show the address, which may contain a password. */
export function wrong(problem: string): TypeError {

  return new TypeError(`The address of the store is wrong, ${problem}. It must be like one of these: ${EXAMPLES.join(', ')}`);

}

function decoded(path: string): string {

  try {
    return decodeURIComponent(path);
  } catch {
    throw wrong('a % is not followed by two hexadecimal digits');
  }

}

/** Separates the store's own options from those of the driver. */
function divided(query: string, own: readonly string[]): Pick<Address, 'options'> & { others: string } {

  const members = new URLSearchParams(query);
  const options: Record<string, string> = {};
  for (const name of own) {
    const value = members.get(name);
    if (value !== null) options[name] = value;
    members.delete(name);
  }
  // The driver's options stay as they were written.
  return { options, others: Object.keys(options).length === 0 ? query : String(members) };

}

/** @throws {TypeError} for an option that would have no effect: a misspelt `table` would lead to the table of another application */
function checkOptions(members: URLSearchParams, { own, drivers }: Form): void {

  const checks = new Map(Object.entries({ ...own, ...drivers }));
  // Then they may be a part of the password, which no error shows.
  const hasLogin = String(members).includes('%40');
  for (const [name, value] of members) {
    const check = checks.get(name);
    if (hasLogin && !check) throw hidden();
    if (members.getAll(name).length > 1) throw wrong(`it has the option ${name} more than once`);
    if (!check) throw wrong(`it has the option ${name}${checks.size > 0 ? `, and known are ${[...checks.keys()].join(', ')}` : ''}`);
    try {
      check(name, value);
    } catch (error) {
      throw hasLogin ? hidden() : error;
    }
  }

}

function hidden(): TypeError {

  return wrong('it has an unknown option, a wrong value of one, or a ? in its password, which is written as %3F');

}
