import { warnOnce } from './base/warnings.js';

/** The kernel's part of the stack while a request is handled. */
const KERNEL = /@curveball[/\\]kernel[/\\]|\binvokeMiddlewares\b|\bApplication\.handle\b/;

/** So many can't be a coincidence. An application may make a few late, for instance one for each of its customers. */
const MANY = 20;

/** The number of middlewares that were made while a request was handled, and have served no other request. */
let made = 0;

/**
 * Warns once if a session middleware is made for each request: its store then
 * usually is, too, and the sessions of a memory store are gone with it.
 *
 * @returns a function that the middleware must then call for each request that it serves; usually nothing
 */
export function warnIfMadePerRequest(): (() => void) | undefined {

  if (!KERNEL.test(String(new Error().stack))) return undefined;
  if (++made === MANY) {
    warnOnce('SESSION_PER_REQUEST', 'A session middleware is made for each request, and perhaps a new store, which has no earlier sessions: call session() and make the store once, when the application starts');
  }
  let requests = 0;
  return () => {
    if (++requests === 2) made--;
  };

}
