/*
 * The least that a read can cost over a socket: a server without sessions that
 * sends the two headers which every page with a session needs.
 */
import { curveball } from './lib/curveball.js';

export function listener() {

  return curveball((ctx, next) => {
    ctx.response.headers.set('Vary', 'Cookie');
    ctx.response.headers.set('Cache-Control', 'private');
    return next();
  }, false);

}
