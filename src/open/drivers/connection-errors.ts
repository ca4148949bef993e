import { plainError } from '../../base/plain-error.js';

/** An address, and the part of it between its scheme and its query. */
interface Address {
  readonly url: string;
  readonly path: string;
}

/** A server that answers, but can't keep all sessions. Its message is our own. */
export class UnfitServer extends Error {

  readonly code: string;

  constructor(code: string, message: string) {

    super(message);
    this.code = code;

  }

}

/**
 * Waits for a connection. Turns a driver's `TypeError` into an `Error`, since a
 * `TypeError` of the store is about its options.
 */
export async function connected<Connection>(connecting: Promise<Connection>): Promise<Connection> {

  try {
    return await connecting;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error(error.message, { cause: error });
  }

}

/**
 * Returns what went wrong. A connection that was tried over several IP addresses
 * has an error for each; the first one is enough.
 *
 * @param address whose password is not repeated
 */
export function reason(error: unknown, address: Address): string {

  const { message, errors: [first] = [] } = error as Error & { errors?: readonly Error[] };
  return withoutPassword(message || first?.message || String(error), address);

}

/** Returns a copy of an error that may be logged, and does not repeat the password either. */
export function causeOf(error: unknown, address: Address): unknown {

  const copy = plainError(error);
  hidePassword(copy, address);
  return copy;

}

function hidePassword(error: unknown, address: Address): void {

  if (!(error instanceof Error)) return;
  error.message = withoutPassword(error.message, address);
  error.stack = withoutPassword(error.stack ?? '', address);
  for (const each of [error.cause, ...(error as AggregateError).errors ?? []]) hidePassword(each, address);

}

/** A driver's message about connecting contains no session, but may contain the address. */
function withoutPassword(message: string, { url, path }: Address): string {

  const [, password = ''] = /^\/\/[^/]*?:([^/]*)@/.exec(path) ?? [];
  const { searchParams } = URL.canParse(url) ? new URL(url) : { searchParams: new URLSearchParams() };
  return [password, decoded(password), searchParams.get('password') ?? ''].reduce(withoutSecret, message);

}

function decoded(text: string): string {

  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }

}

/** If a text has as many of the first letters of a secret as this, they are not there by chance. */
const PART = 16;

/** Returns a text without a secret, and without the first part of a long one: servers cut long messages. */
function withoutSecret(text: string, secret: string): string {

  if (secret === '') return text;
  const begin = secret.slice(0, PART);
  let rest = text;
  for (let at = rest.indexOf(begin); at >= 0; at = rest.indexOf(begin, at + 1)) {
    let end = at + begin.length;
    while (end < rest.length && end - at < secret.length && rest[end] === secret[end - at]) end++;
    rest = `${rest.slice(0, at)}…${rest.slice(end)}`;
  }
  return rest;

}
