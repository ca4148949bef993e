/*
 * The members of a request and its response that this package uses. Curveball's
 * context has them; so does any framework with headers like the Fetch standard's.
 */

export interface RequestHeaders {
  get(name: string): string | null;
}

export interface ResponseHeaders extends RequestHeaders {
  has(name: string): boolean;
  set(name: string, value: string | string[]): void;
  delete(name: string): void;
  /** Each of the values that were set, such as one for each cookie. */
  getMany(name: string): string[];
}

/** Node's own response, if there is one. */
export interface NodeResponse {
  readonly headersSent?: boolean;
  readonly closed?: boolean;
  once?(event: 'close', listener: () => void): unknown;
}

/** A WebSocket that the request has opened. */
export interface WebSocketConnection {
  close(code: number, reason?: string): void;
  readonly readyState?: number;
  once?(event: 'close', listener: () => void): unknown;
}

/** One request and its response. */
export interface HttpContext {
  readonly request: {
    readonly method: string;
    readonly origin: string;
    readonly headers: RequestHeaders;
    readonly path?: string;
    /** As an earlier middleware has parsed it. */
    readonly body?: unknown;
  };
  readonly response: { readonly origin: string; readonly headers: ResponseHeaders };
  readonly webSocket?: WebSocketConnection | undefined;
}

/** Methods of requests that ask for no change (RFC 9110, 9.2.1). */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
