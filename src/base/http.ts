/*
 * What is needed of the HTTP messages of a request. Curveball's context has it;
 * so has any framework whose headers are like those of the Fetch standard.
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

/** Node's own response, where there is one. */
export interface NodeResponse {
  readonly headersSent?: boolean;
  readonly closed?: boolean;
  once?(event: 'close', listener: () => void): unknown;
}

/** A WebSocket that the request has opened. */
export interface WebSocketConnection {
  close(code: number, reason?: string): void;
}

/** One request, with the response that is made of it. */
export interface HttpContext {
  readonly request: {
    readonly method: string;
    readonly origin: string;
    readonly headers: RequestHeaders;
    readonly path?: string;
    /** As parsed by a middleware before. */
    readonly body?: unknown;
  };
  readonly response: { readonly origin: string; readonly headers: ResponseHeaders };
  readonly webSocket?: WebSocketConnection | undefined;
}
