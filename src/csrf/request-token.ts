import type { HttpContext } from '../base/http.js';

/**
 * Finds the token that a request carries: the member `csrf-token` of a parsed
 * body, of whatever type the body is; else the header `X-CSRF-Token`. A body
 * that has the member decides, even if its token is wrong.
 *
 * @returns undefined if there is none
 */
export function requestToken(request: HttpContext['request']): unknown {

  const inBody = ownMember(request.body, 'csrf-token');
  return inBody === undefined ? request.headers.get('X-CSRF-Token') ?? undefined : inBody;

}

// Reads own data properties alone: input of a client must never run code of ours.
function ownMember(body: unknown, name: string): unknown {

  if (typeof body !== 'object' || body === null) return undefined;
  try {
    const property = Object.getOwnPropertyDescriptor(body, name);
    // A getter counts as a wrong token.
    return property && (property.get ? null : property.value);
  } catch {
    return null;
  }

}
