/** Safe methods (RFC 9110 section 9.2.1), as browsers understand them for `SameSite`. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Says whether a browser has withheld our cookie, if it has one, because another
 * site made it send the request (RFC 6265bis sections 5.6.7.1 and 5.8.3). It
 * would still accept a new cookie from the response, in place of the one that it
 * has: in this way, a form of another site could sign the visitor out.
 *
 * Returns false without Fetch Metadata, since nothing else tells.
 *
 * @param sameSite the attribute, as `cookieOptions` has it
 */
export function isCookieWithheld(
  headers: { get(name: string): string | null }, method: string, sameSite: boolean | string | undefined,
): boolean {

  const attribute = typeof sameSite === 'string' ? sameSite.toLowerCase() : sameSite;
  if (attribute === 'none' || headers.get('sec-fetch-site') !== 'cross-site') return false;
  if (attribute === 'strict' || attribute === true) return true;
  // Most browsers treat a cookie without the attribute as Lax.
  return !(SAFE.has(method) && headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document');

}
