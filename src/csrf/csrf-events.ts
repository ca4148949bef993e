import { channel } from 'node:diagnostics_channel';
import type { HttpContext } from '../base/http.js';
import type { Refusal } from './request-verdict.js';

/** What is published on the channel `curveball:session:csrf`. */
export interface CsrfEvent {
  /**
   * `exempt`: the request was let through without a check. `token`: it needed a
   * token, which was missing or wrong. `no-session`: it needed a token, and no
   * session middleware checked it. `withheld-cookie`: no new session was stored,
   * since its cookie could have replaced one that the browser did not send. The
   * others: where the request came from.
   */
  readonly reason: Refusal | 'exempt' | 'token' | 'no-session' | 'withheld-cookie';
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The `Origin` header. */
  readonly origin: string | null;
  /** The `Sec-Fetch-Site` header. */
  readonly site: string | null;
  /** Whether the request went on nevertheless, since the option `report` is set. */
  readonly report: boolean;
}

const events = channel('curveball:session:csrf');

/** Publishes an event; without subscribers, that costs nothing. */
export function publishCsrf(reason: CsrfEvent['reason'], { request }: HttpContext, report = false): void {

  if (!events.hasSubscribers) return;
  const { method, headers } = request;
  const event: CsrfEvent = {
    reason, method, path: pathOf(request) ?? '', origin: headers.get('origin'), site: headers.get('sec-fetch-site'), report,
  };
  events.publish(event);

}

/** Returns the path that a router would see; null if the request's target has none. */
export function pathOf(request: HttpContext['request']): string | null {

  try {
    return request.path ?? null;
  } catch {
    return null;
  }

}
