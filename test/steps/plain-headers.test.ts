import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HttpContext, ResponseHeaders } from '../../src/base/http.js';
import { MemoryStore, type SessionValues } from '../../src/index.js';
import { RequestSession } from '../../src/request/request-session.js';
import { writeHeaders } from '../../src/request/write-headers.js';
import { sharedFrom } from '../../src/shared-by-requests.js';
import { decide } from '../../src/steps/decide.js';
import { loadSession } from '../../src/steps/load-session.js';
import { saveSession } from '../../src/steps/save-session.js';

/** `Headers` of the Fetch standard, with the two things that they do in another way. */
class FetchHeaders implements ResponseHeaders {

  readonly plain = new Headers();

  get(name: string): string | null {
    return this.plain.get(name);
  }

  has(name: string): boolean {
    return this.plain.has(name);
  }

  delete(name: string): void {
    this.plain.delete(name);
  }

  set(name: string, value: string | string[]): void {
    this.plain.delete(name);
    for (const each of [value].flat()) this.plain.append(name, each);
  }

  getMany(name: string): string[] {
    return name.toLowerCase() === 'set-cookie' ? this.plain.getSetCookie() : [this.plain.get(name) ?? ''];
  }

}

/** One request of a host that is not Curveball: plain objects and `Headers`. */
async function request(shared: ReturnType<typeof sharedFrom>, cookie: string | undefined, handler: (session: RequestSession) => unknown) {

  const headers = new FetchHeaders();
  const http: HttpContext = {
    request: { method: 'POST', origin: 'https://example.org', headers: new Headers(cookie === undefined ? {} : { cookie }) },
    response: { origin: 'https://example.org', headers },
  };
  const session = new RequestSession(http, shared);
  const ids = shared.cookie.read(http.request.headers.get('cookie'), shared.store.isSessionId);
  session.begin(await loadSession(ids, shared));
  await handler(session);
  const action = await session.finish(save => saveSession(decide(save), save));
  if (action !== null) writeHeaders(action, session);
  return headers.plain;

}

const cookieIn = (headers: Headers) => headers.getSetCookie()[0]?.split(';')[0];

describe('The steps of a request, over plain Headers', () => {

  it('begin, read, change, move and end a session', async () => {

    const shared = sharedFrom({ store: new MemoryStore(), user: 'userId' });
    const seen: SessionValues[] = [];
    const began = await request(shared, undefined, session => { session.values = { userId: 5 }; });
    match(began.getSetCookie()[0] as string, /^CB=\w{59}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    strictEqual(began.get('cache-control'), 'no-store');
    strictEqual(began.get('vary'), 'Cookie');

    const read = await request(shared, cookieIn(began), session => seen.push({ ...session.values }));
    deepStrictEqual([read.getSetCookie(), read.get('cache-control')], [[], 'private']);
    await request(shared, cookieIn(began), session => { session.values.count = 1; });

    const moved = await request(shared, cookieIn(began), session => session.session.regenerate());
    await request(shared, cookieIn(moved), session => seen.push({ ...session.values }));
    await request(shared, cookieIn(began), session => seen.push({ ...session.values }));

    const ended = await request(shared, cookieIn(moved), session => { session.values = null; });
    match(ended.getSetCookie()[0] as string, /^CB=; .*Max-Age=0/);
    await request(shared, cookieIn(moved), session => seen.push({ ...session.values }));
    deepStrictEqual(seen, [{ userId: 5 }, { userId: 5, count: 1 }, {}, {}]);

  });

  it('leave other cookies of the response alone', async () => {

    const shared = sharedFrom({ store: 'memory' });
    const headers = await request(shared, undefined, session => {
      session.http.response.headers.set('Set-Cookie', ['a=1', 'b=2']);
      session.values = { n: 1 };
    });
    deepStrictEqual(headers.getSetCookie().map(line => line.split('=')[0]).sort(), ['CB', 'a', 'b']);

  });

});
