import { type Application, MemoryRequest, type Response } from '@curveball/kernel';

/** The parts of a request beside its method and path. */
export interface RequestOptions {
  headers?: Record<string, string>;
  /** The body as a body parser would have left it. */
  body?: unknown;
}

/** A browser with one cookie jar, which talks to an application in memory. */
export class Browser {

  /** @param cookies from name to value, as in `Set-Cookie`; another browser's, if it is the same one that talks to another application */
  constructor(readonly app: Application, readonly cookies = new Map<string, string>()) {}

  get(path: string, options?: RequestOptions): Promise<Response> {
    return this.request('GET', path, options);
  }

  post(path: string, options?: RequestOptions): Promise<Response> {
    return this.request('POST', path, options);
  }

  async request(method: string, path: string, { headers = {}, body }: RequestOptions = {}): Promise<Response> {

    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const request = new MemoryRequest(method, path, this.app.origin, {
      ...(cookie === '' ? {} : { Cookie: cookie }), ...headers,
    });
    Object.assign(request, { body });
    const response = await this.app.subRequest(request);
    for (const line of setCookies(response)) this.take(line);
    return response;

  }

  /** Another browser with the current cookies of this one. */
  clone(): Browser {

    const twin = new Browser(this.app);
    for (const [name, value] of this.cookies) twin.cookies.set(name, value);
    return twin;

  }

  /** Does what a `Set-Cookie` line says. */
  take(line: string): void {

    const [pair, ...attributes] = line.split(/; */);
    const [, name, value] = /^([^=]*)=(.*)$/.exec(pair) as RegExpExecArray;
    if (attributes.some(attribute => /^max-age=(0|-\d+)$/i.test(attribute))) {
      this.cookies.delete(name);
    } else {
      this.cookies.set(name, value);
    }

  }

}

/** The `Set-Cookie` lines of a response. */
export function setCookies(response: Response): string[] {

  return response.headers.getMany('Set-Cookie');

}

/** The cookies of forms in a browser, by their names. */
export function formsOf(browser: Browser): Map<string, string> {

  return new Map([...browser.cookies].filter(([name, value]) => /-form(-\w)?$/.test(name) && value !== ''));

}

/** The id in a cookie, in the spelling of the store. */
export function idOf(browser: Browser, cookieName = 'CB'): string {

  return decodeURIComponent(browser.cookies.get(cookieName) ?? '');

}
