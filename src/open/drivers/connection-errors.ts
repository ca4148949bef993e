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
 * @param path the address after its scheme, whose password is not repeated
 */
export function reason(error: unknown, path: string): string {

  const { message, errors: [first] = [] } = error as Error & { errors?: readonly Error[] };
  return withoutPassword(message || first?.message || String(error), path);

}

/** A driver's message about connecting contains no session, but may contain the address. */
function withoutPassword(message: string, path: string): string {

  const [, password] = /^\/\/[^/]*?:([^/]*)@/.exec(path) ?? [];
  if (!password) return message;
  return [password, decoded(password)].reduce((text, each) => text.replaceAll(each, '…'), message);

}

function decoded(text: string): string {

  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }

}
