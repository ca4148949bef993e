import { type ContextMembers, method } from '../request/attach-session.js';
import type { RequestSession } from '../request/request-session.js';
import type { RequestFlash } from './request-flash.js';

/** `ctx.flash()` and `ctx.flashes()`. */
export const flashMembers: ContextMembers = {
  flash: method('flash', request => (kind: unknown, message: unknown) => flashOf(request).add(kind, message)),
  flashes: method('flashes', request => () => flashOf(request).show()),
};

function flashOf(request: RequestSession): RequestFlash {

  request.beside ??= request.shared.besideOf(request);
  return request.beside as RequestFlash;

}
