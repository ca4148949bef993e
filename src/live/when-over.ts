import type { HttpContext, NodeResponse } from '../base/http.js';

/** `ws` has this state when a socket is closed. */
const CLOSED = 3;

/**
 * Calls back when a response has been sent, or its connection or WebSocket has
 * closed.
 *
 * @returns `over` if it has happened already; `unknown` if no one can tell, as for
 *   a response in memory
 */
export function whenOver({ webSocket, response }: HttpContext, callBack: () => void): 'later' | 'over' | 'unknown' {

  if (webSocket?.readyState === CLOSED) return 'over';
  const { inner } = response as { inner?: NodeResponse };
  if (!webSocket && inner?.closed === true) return 'over';
  const source = webSocket ?? inner;
  if (typeof source?.once !== 'function') return 'unknown';
  source.once('close', callBack);
  return 'later';

}
