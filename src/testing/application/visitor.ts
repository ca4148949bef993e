import { type Application, Context, invokeMiddlewares, MemoryRequest, MemoryResponse, type Response as CurveballResponse } from '@curveball/kernel';
import type { Awaitable } from '../../base/store.js';
import { SAFE_METHODS } from '../../base/http.js';
import { known, record, wrong } from '../../base/option-checks.js';
import { CookieJar, type Cookies } from './cookie-jar.js';
import { encodedBody, fetchResponse, type RequestBody } from './messages.js';
import { checkThrough, type Found, pathOf, sessionOf, sessionsOf, type Through } from './session-middlewares.js';

/** What a request has beside its method and path. */
export interface VisitorRequest {

  /** Headers that replace the visitor's own. Null leaves a header out, as an older browser would. */
  headers?: Readonly<Record<string, string | null>> | undefined;

  /** What is sent: text, a form as `URLSearchParams` or `FormData`, bytes, or any other object, as JSON. */
  body?: RequestBody | undefined;

  /** Whether to follow redirects within the application, as a browser does; false by default. */
  follow?: boolean | undefined;

}

/** A request of a method that has no argument for the body. */
export type BodylessRequest = Omit<VisitorRequest, 'body'>;

/** The most redirects that are followed (Fetch standard). */
const MOST_REDIRECTS = 20;

/** A browser with cookies of its own, which visits an application that need not listen. */
export class Visitor {

  readonly #app: Application;
  readonly #jar: CookieJar;

  /** Called by `visit()` and `signIn()`. */
  constructor(app: Application, jar = new CookieJar()) {
    this.#app = app;
    this.#jar = jar;
  }

  /** The cookies that the application has set. */
  get cookies(): Cookies {

    return this.#jar;

  }

  get(path: string, options?: BodylessRequest): Promise<Response> {

    return this.request('GET', path, options);

  }

  post(path: string, body?: RequestBody, options?: BodylessRequest): Promise<Response> {

    return this.request('POST', path, { ...options, body });

  }

  put(path: string, body?: RequestBody, options?: BodylessRequest): Promise<Response> {

    return this.request('PUT', path, { ...options, body });

  }

  patch(path: string, body?: RequestBody, options?: BodylessRequest): Promise<Response> {

    return this.request('PATCH', path, { ...options, body });

  }

  delete(path: string, options?: VisitorRequest): Promise<Response> {

    return this.request('DELETE', path, options);

  }

  /**
   * Sends a request through the whole application, with the visitor's cookies, as a
   * page of the application would: with `Sec-Fetch-Site: same-origin`, and with
   * `Origin` if it may change something. Keeps the cookies of the response.
   *
   * @param path as the application sees it, with its query
   * @throws {TypeError} for a wrong argument
   * @throws {Error} if the response sets a cookie that a browser would not keep
   */
  async request(method: string, path: string, options: VisitorRequest = {}): Promise<Response> {

    checkRequest(path, options);
    const { follow = false, headers, body } = options;
    let { bytes, headers: describing } = await encodedBody(body);
    let [nextMethod, target] = [method.toUpperCase(), path];
    for (let redirects = 0; ; redirects++) {
      const request = this.#request(nextMethod, target, { ...describing, ...headers }, bytes);
      const answer = await this.#app.subRequest(request);
      const url = this.#url(target);
      this.#take(answer, url);
      const response = fetchResponse(answer, url, nextMethod);
      const location = follow && isRedirect(response.status) ? this.#pathOf(response) : null;
      if (location === null) return response;
      if (redirects === MOST_REDIRECTS) throw new Error(`${method} ${path} was redirected more than ${MOST_REDIRECTS} times, at last to ${location}`);
      await response.body?.cancel();
      target = location;
      if (becomesGet(response.status, nextMethod)) {
        nextMethod = 'GET';
        ({ bytes, headers: describing } = await encodedBody(undefined));
      }
    }

  }

  /**
   * Runs a handler in a request of this visitor, through the session middleware of the
   * application and no other: to look at the session, or to put something into it. It
   * counts as use of the session, like any request.
   *
   * @returns what the handler returned
   * @throws what the handler or the session middleware throws
   * @throws {TypeError} if the application has no session middleware, or several and none was named
   * @throws {Error} if the response sets a cookie that a browser would not keep
   */
  async run<T>(handler: (ctx: Context) => Awaitable<T>, through: Through = {}): Promise<T> {

    checkThrough(through);
    return this.#runIn([sessionOf(this.#app, through)], handler);

  }

  /**
   * Returns a token for `ctx.validateCsrf()`, as the application would put it into a
   * form: send it as the field `csrf-token`, or in the header `X-CSRF-Token`.
   */
  async csrfToken(): Promise<string> {

    const all = sessionsOf(this.#app);
    return this.#runIn(all.length > 0 ? all : [sessionOf(this.#app, {})], ctx => ctx.getCsrf());

  }

  /** Returns another visitor with the same cookies: a thief, or a browser that was restored. */
  copy(): Visitor {

    return new Visitor(this.#app, this.#jar.copy());

  }

  async #runIn<T>(all: readonly Found[], handler: (ctx: Context) => Awaitable<T>): Promise<T> {

    // The longest path is below the others, unless they have nothing in common.
    const [path = '/'] = all.map(({ facts }) => pathOf(facts)).sort((one, other) => other.length - one.length);
    const ctx = new Context(this.#request('POST', path, {}, Buffer.alloc(0)), new MemoryResponse(this.#app.origin));
    let result: T | undefined;
    try {
      await invokeMiddlewares(ctx, [...all.map(({ middleware }) => middleware), async () => {
        result = await handler(ctx);
      }]);
    } finally {
      this.#take(ctx.response, this.#url(path));
    }
    return result as T;

  }

  #request(method: string, path: string, given: Readonly<Record<string, string | null>>, body: Buffer): MemoryRequest<unknown> {

    const { origin } = this.#app;
    const url = this.#url(path);
    const headers = new Headers({ Host: url.host, 'Sec-Fetch-Site': 'same-origin' });
    if (!SAFE_METHODS.has(method)) headers.set('Origin', origin);
    const cookie = this.#jar.header(url);
    if (cookie !== undefined) headers.set('Cookie', cookie);
    for (const [name, value] of Object.entries(given)) {
      if (value === null) headers.delete(name);
      else headers.set(name, value);
    }
    return new MemoryRequest(method, path, origin, Object.fromEntries(headers), body);

  }

  #take(response: CurveballResponse, url: URL): void {

    for (const line of response.headers.getMany('Set-Cookie')) this.#jar.take(line, url);

  }

  /** The address that a browser would have for a path of the application. */
  #url(path: string): URL {

    return new URL(this.#basePath + path, this.#app.origin);

  }

  /** What a proxy removes from the paths that it passes on. */
  get #basePath(): string {

    return sessionsOf(this.#app).map(({ facts }) => facts.basePath).find(path => path !== '') ?? '';

  }

  /** Where a redirect leads within the application; null if it leads to another origin, or nowhere. */
  #pathOf(response: Response): string | null {

    const location = response.headers.get('Location');
    if (location === null) return null;
    const { origin, pathname, search } = new URL(location, response.url);
    if (origin !== this.#app.origin) return null;
    const path = pathname.startsWith(`${this.#basePath}/`) ? pathname.slice(this.#basePath.length) : pathname;
    return path + search;

  }

}

function checkRequest(path: unknown, options: VisitorRequest): void {

  if (typeof path !== 'string' || !path.startsWith('/') || path.startsWith('//')) throw wrong('path', path, 'must be a path of the application, such as /account?page=2');
  record('options', options);
  known('option', options, ['headers', 'body', 'follow']);

}

function isRedirect(status: number): boolean {

  return [301, 302, 303, 307, 308].includes(status);

}

/** Whether a browser asks for the place of a redirect with GET (Fetch standard, 4.4). */
function becomesGet(status: number, method: string): boolean {

  return status === 303 ? method !== 'HEAD' : method === 'POST' && (status === 301 || status === 302);

}
