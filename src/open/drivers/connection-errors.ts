/**
 * A driver's errors, also those that are `TypeError`s: what the store says of
 * its options is told apart from them.
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
 * What went wrong; a connection that was tried over several addresses has an
 * error for each.
 *
 * @param path of the address, whose password is not repeated
 */
export function reason(error: unknown, path: string): string {

  const { message, errors: [first] = [] } = error as Error & { errors?: readonly Error[] };
  return withoutPassword(message || first?.message || String(error), path);

}

/** No session is in a driver's message when it connects, but the address may be. */
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
