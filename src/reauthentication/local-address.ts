/** The most characters of an address that is accepted. */
const LONGEST = 2048;

/** An origin that no application has. */
const ORIGIN = 'http://origin.invalid';

/** Times that an address may be encoded over and over. */
const MOST_LAYERS = 4;

/**
 * Returns an address of this application that a request names, such as the one to
 * go back to after a sign-in; null for anything else, which could send the visitor
 * to another site (OWASP ASVS 5.0, 3.7.2; CWE-601).
 *
 * An address of the application is a path, with or without a query and a fragment:
 * printable ASCII, at most 2,048 characters. Dot segments are resolved. A path that
 * a proxy or framework could turn into another host's by decoding it once more is
 * refused, too.
 *
 * @param text anything, such as a member of `ctx.query`
 */
export function localAddress(text: unknown): string | null {

  if (typeof text !== 'string' || text.length > LONGEST || !/^\/[\x21-\x5b\x5d-\x7e]*$/.test(text)) return null;
  const [path] = text.split(/[?#]/, 1) as [string];
  if (!isLocalHoweverDecoded(path)) return null;
  const { pathname, search, hash } = new URL(text, ORIGIN);
  return `${pathname}${search}${hash}`;

}

function isLocalHoweverDecoded(path: string): boolean {

  let layer = path;
  for (let layers = 0; layers < MOST_LAYERS; layers++) {
    if (!isLocalPath(layer)) return false;
    const inner = decoded(layer);
    if (inner === layer) return true;
    if (inner === null) return false;
    layer = inner;
  }
  return false;

}

/** Whether a path stays on the host, also for parsers that take a backslash or a look-alike for a slash (WHATWG URL, 4.4). */
function isLocalPath(path: string): boolean {

  const plain = path.normalize('NFKC');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  if (/[\\\x00-\x1f\x7f-\x9f]|^\/\s*\//.test(plain)) return false;
  // Resolved first and decoded then, they could bring an empty segment to the begin: /./%2Fhost%2F..%2F..
  if (/\/\//.test(plain) && /\/\.\.?(\/|$)/.test(plain)) return false;
  try {
    const { origin, pathname } = new URL(plain, ORIGIN);
    return origin === ORIGIN && !pathname.startsWith('//');
  } catch {
    return false;
  }

}

function decoded(path: string): string | null {

  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }

}
