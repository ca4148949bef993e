import type { ResponseHeaders } from '../base/http.js';


/**
 * Keeps a response that depended on the session out of shared caches, which
 * would show one visitor's page or cookie to another (RFC 9111 sections 3.5,
 * 4.1 and 7.3).
 *
 * @param hasCookie whether the response carries our cookie; it must not be
 *   stored at all then
 */
export function keepFromSharedCaches(headers: ResponseHeaders, hasCookie: boolean): void {

  varyByCookie(headers);
  const control = headers.get('cache-control');
  if (hasCookie) {
    if (control === null || !/(^|[,\s])no-store($|[,\s])/i.test(control)) {
      headers.set('Cache-Control', 'no-store');
    }
  } else if (control === null) {
    headers.set('Cache-Control', 'private');
  }

}

function varyByCookie(headers: ResponseHeaders): void {

  const vary = headers.get('vary');
  if (vary === null || vary === '') {
    headers.set('Vary', 'Cookie');
  } else if (!/(^|[,\s])(\*|cookie)($|[,\s])/i.test(vary)) {
    headers.set('Vary', `${vary}, Cookie`);
  }

}
