import { warnOnce } from './base/warnings.js';

/** Matches the stack of a call within a request, which has functions of the kernel. */
const KERNEL = /@curveball[/\\]kernel[/\\]|\binvokeMiddlewares\b|\bApplication\.handle\b/;

/** From this number on, a warning is due. An application may make a few late, for instance one for each of its customers. */
const MANY = 20;

/** The number of middlewares that were made during a request and have not served a second one. */
let made = 0;

/**
 * Warns once if a session middleware is made for each request. Usually its store is
 * made with it then, and the sessions of a memory store are lost.
 *
 * @returns a function that the middleware must call for each request; undefined if
 *   the middleware was made outside of requests
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
