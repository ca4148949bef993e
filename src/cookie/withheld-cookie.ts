/** RFC 9110 section 9.2.1, as browsers understand it for `SameSite`. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Says whether a browser has kept back a cookie of ours, if it has one, because
 * another site made it send the request (RFC 6265bis sections 5.6.7.1 and
 * 5.8.3). It would still take a new one from the answer, in place of the one
 * that it has: a form of another site could sign the visitor out so.
 *
 * Without Fetch Metadata no one can tell: false.
 *
 * @param sameSite the attribute, as `cookieOptions` has it
 */
export function isCookieWithheld(
  headers: { get(name: string): string | null }, method: string, sameSite: boolean | string | undefined,
): boolean {

  const attribute = typeof sameSite === 'string' ? sameSite.toLowerCase() : sameSite;
  if (attribute === 'none' || headers.get('sec-fetch-site') !== 'cross-site') return false;
  if (attribute === 'strict' || attribute === true) return true;
  // Without the attribute, most browsers take it for Lax.
  return !(SAFE.has(method) && headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document');

}
