/*
 * The least that a read can cost over a socket: a server without sessions that
 * sends the two headers which every page with a session needs. `?busy=5` keeps it
 * busy for five microseconds more, and does nothing in them.
 */
import { curveball } from './lib/curveball.js';

const busy = Number(new URL(import.meta.url).searchParams.get('busy')) / 1000;

export function listener() {

  return curveball((ctx, next) => {
    ctx.response.headers.set('Vary', 'Cookie');
    ctx.response.headers.set('Cache-Control', 'private');
    if (busy > 0) spin(performance.now() + busy);
    return next();
  }, false);

}

function spin(until) {

  while (performance.now() < until);

}
